"""`kastellan bundle`: what somebody else needs to see what you see, and no more."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kastellan.kernel.errors import BadInput
from kastellan.surfaces.cli.collect_or_load import FULL_COLLECTION_S, collect_or_load
from kastellan.surfaces.cli.help_text import FILES
from kastellan.surfaces.cli.listing import Form
from kastellan.surfaces.cli.reading import ConnectionOptions, judges_cluster

if TYPE_CHECKING:
    from kastellan.app.snapshots.contents import Contents

PANEL = FILES

_HELP = """Collect the state of a cluster for support on another machine, and take the names out of it.

Examples:
  kastellan bundle collect prod.bundle --bootstrap-server localhost:9092
  kastellan bundle redact prod.bundle public.bundle --map names.json
  kastellan doctor --bundle public.bundle
"""
app = typer.Typer(name="bundle", help=_HELP, no_args_is_help=True)

_MOST_LOOKS = 20
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kMG]?)i?B?")
_UNITS = {"": 1, "k": 1024, "M": 1024**2, "G": 1024**3}

Output = Annotated[Form, typer.Option("-o", "--output", help="Output format.")]


@app.command()
@judges_cluster
def collect(
    reach: ConnectionOptions,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    looks: Annotated[int, typer.Option("--looks", help="How often to collect; the confirmation of errors needs two.")] = 2,
    every: Annotated[float, typer.Option("--every", metavar="SECONDS", help="Time between two collections.")] = 1.0,
    within: Annotated[
        float,
        typer.Option("--within", metavar="SECONDS", help="Time limit of all collections together."),
    ] = 60.0,
    max_size: Annotated[
        str,
        typer.Option("--max-size", metavar="SIZE", help="Size limit of FILE, such as 20M; the least needed tables go first."),
    ] = "100M",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List what FILE would hold, and write nothing.")] = False,
    output: Output = Form.TABLE,
) -> None:
    """Collect everything that the commands show into FILE, and list what it holds: tables, rows, kinds of names.

    Collecting takes at most 20 s unless --timeout says otherwise, because every config of every topic is fetched. FILE
    works with `--bundle FILE` of every command on any machine. `kastellan bundle redact` takes the names out.

    Examples:
      kastellan bundle collect prod.bundle --bootstrap-server localhost:9092
      kastellan bundle collect prod.bundle --context prod --max-size 20M
      kastellan bundle collect prod.bundle --context prod --dry-run
    """
    from kastellan.app.full_collection import everything
    from kastellan.app.snapshots.collection import collect as gather
    from kastellan.app.snapshots.collection import fit_size
    from kastellan.app.snapshots.contents import inspect
    from kastellan.app.snapshots.files import check_target, save
    from kastellan.kernel.deadline import Deadline
    from kastellan.kernel.units import bytes_text
    from kastellan.model.codec import Loaded

    if not 1 <= looks <= _MOST_LOOKS or not 1 <= every <= 3600 or not 1 <= within <= 86_400:  # noqa: PLR2004
        raise BadInput(f"give --looks from 1 to {_MOST_LOOKS}, --every from 1 to 3600 and --within from 1 to 86400 seconds")
    most_bytes = size_in(max_size)
    if not dry_run:
        check_target(file)
    wanted, run_by = everything(), reach.run_by()
    collected = collect_or_load(
        reach,
        lambda source, timeout_s: gather(source, wanted, timeout_s, looks, every, Deadline.after(within)),
        lambda snapshot, _: snapshot,
        FULL_COLLECTION_S,
    )
    snapshot, left_out = fit_size(collected.of_provider(run_by), most_bytes)
    _print(inspect(Loaded(snapshot, left_out)), output)
    if dry_run:
        typer.echo("nothing was written (--dry-run)", err=True)
        return
    size_bytes = save(snapshot, file, left_out=left_out)
    typer.echo(f"{file}: {bytes_text(size_bytes)}; `kastellan bundle redact {file} OUT --map MAP` takes the names out", err=True)


@app.command()
def inspect(file: Annotated[Path, typer.Argument(metavar="FILE", help="A bundle.")], output: Output = Form.TABLE) -> None:
    """Verify the hashes of a bundle and list its contents.

    Examples:
      kastellan bundle inspect prod.bundle
    """
    from kastellan.app.snapshots.contents import inspect_file

    _print(inspect_file(file), output)


@app.command()
def redact(
    file: Annotated[Path, typer.Argument(metavar="IN", help="A bundle.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The redacted bundle to write.")],
    names: Annotated[Path, typer.Option("--map", metavar="MAP.json", help="The file for the map that gives the names back.")],
    key_file: Annotated[
        Path | None,
        typer.Option(
            "--key-file", metavar="FILE", help="A secret key; the same key gives the same pseudonyms [default: random]."
        ),
    ] = None,
) -> None:
    """Replace all names in a bundle by pseudonyms, and write the map that gives the names back to another file.

    Replaced are the names of topics, groups, members, clients, transactions, hosts, racks, directories and principals,
    and the cluster id, also inside configs and error messages. The same name gets the same pseudonym everywhere, and the
    findings stay the same.

    Examples:
      kastellan bundle redact prod.bundle public.bundle --map names.json
    """
    from kastellan.app.redact import key_from, redact
    from kastellan.kernel.units import bytes_text, plural

    redaction = redact(file, out, names, key_from(key_file))
    typer.echo(
        f"{out}: {bytes_text(redaction.size_bytes)}, {plural(redaction.names, 'name')} replaced (redaction {redaction.id}); "
        f"keep {names} to yourself",
        err=True,
    )


def size_in(text: str) -> int:
    """A size as people write it, in bytes.

    >>> size_in("20M"), size_in("1.5 kB"), size_in("512")
    (20971520, 1536, 512)
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None or not float(match[1]):
        raise BadInput(f"--max-size {text[:40]!r} is no size; write 500k, 20M or 1G")
    return int(float(match[1]) * _UNITS[match[2]])


def _print(contents: Contents, output: Form) -> None:
    if output is Form.JSON:
        from kastellan.render.documents import ContentsDocument, json_text

        sys.stdout.write(json_text(ContentsDocument(contents=contents)) + "\n")
        return
    from kastellan.surfaces.cli.screen import Screen
    from kastellan.surfaces.cli.show.snapshot_text import show

    screen = Screen.of()
    show(contents, screen)
    sys.stdout.write(screen.text())
