"""`kastellan bundle`: what somebody else needs to see what you see, and no more."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kastellan.kernel.errors import BadInput
from kastellan.surfaces.cli.listing import Form
from kastellan.surfaces.cli.looking import WHOLE_LOOK_S, looked
from kastellan.surfaces.cli.reading import ConnectionOptions, judges_cluster

if TYPE_CHECKING:
    from kastellan.app.inspect import Contents

app = typer.Typer(name="bundle", help="What was seen of a cluster, to be examined elsewhere.", no_args_is_help=True)

_MOST_LOOKS = 20
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kMG]?)i?B?")
_UNITS = {"": 1, "k": 1024, "M": 1024**2, "G": 1024**3}

Output = Annotated[Form, typer.Option("-o", "--output", help="How the contents are printed.")]


@app.command()
@judges_cluster
def collect(
    reach: ConnectionOptions,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    looks: Annotated[int, typer.Option("--looks", help="How many looks; the confirmation of errors needs two.")] = 2,
    every: Annotated[float, typer.Option("--every", metavar="SECONDS", help="Time between looks.")] = 1.0,
    within: Annotated[
        float, typer.Option("--within", metavar="SECONDS", help="Time for all looks; those that do not fit are left out.")
    ] = 60.0,
    max_size: Annotated[
        str, typer.Option("--max-size", metavar="SIZE", help="Most bytes of the file, such as 20M; tables that can be spared go.")
    ] = "100M",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would leave; write nothing.")] = False,
    output: Output = Form.TABLE,
) -> None:
    """Collect all that the commands show into FILE, and show what leaves with it: tables, rows, and which kinds of names.

    A look takes at most 20 s unless --timeout says otherwise: every config of every topic is asked for.
    FILE serves `--bundle FILE` of every command on any machine. `kastellan bundle redact` takes the names out.
    """
    from kastellan.app.collect import collect as gather
    from kastellan.app.collect import fitted
    from kastellan.app.full_collection import everything
    from kastellan.app.inspect import inspect
    from kastellan.app.save import check_target, save
    from kastellan.kernel.deadline import Deadline
    from kastellan.kernel.units import bytes_text
    from kastellan.model.codec import Loaded

    if not 1 <= looks <= _MOST_LOOKS or not 1 <= every <= 3600 or not 1 <= within <= 86_400:  # noqa: PLR2004
        raise BadInput(f"give --looks from 1 to {_MOST_LOOKS}, --every from 1 to 3600 and --within from 1 to 86400 seconds")
    most_bytes = size_in(max_size)
    if not dry_run:
        check_target(file)
    wanted, run_by = everything(), reach.run_by()
    seen = looked(
        reach,
        lambda source, timeout_s: gather(source, wanted, timeout_s, looks, every, Deadline.after(within)),
        lambda snapshot, _: snapshot,
        WHOLE_LOOK_S,
    )
    snapshot, left_out = fitted(seen.of_provider(run_by), most_bytes)
    _print(inspect(Loaded(snapshot, left_out)), output)
    if dry_run:
        typer.echo("nothing was written (--dry-run)", err=True)
        return
    size_bytes = save(snapshot, file, left_out=left_out)
    typer.echo(f"{file}: {bytes_text(size_bytes)}; `kastellan bundle redact {file} OUT --map MAP` takes the names out", err=True)


@app.command()
def inspect(file: Annotated[Path, typer.Argument(metavar="FILE", help="A bundle.")], output: Output = Form.TABLE) -> None:
    """Verify a bundle's hashes and list what is in it."""
    from kastellan.app.inspect import inspect_file

    _print(inspect_file(file), output)


@app.command()
def redact(
    file: Annotated[Path, typer.Argument(metavar="IN", help="A bundle.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The redacted bundle to write.")],
    names: Annotated[Path, typer.Option("--map", metavar="MAP.json", help="Where the map goes that gives the names back.")],
    key_file: Annotated[
        Path | None,
        typer.Option(
            "--key-file", metavar="FILE", help="A secret key: the same one gives the same pseudonyms [default: random]."
        ),
    ] = None,
) -> None:
    """Put pseudonyms in the place of all names, the same everywhere for the same thing, and keep the map apart.

    Topics, groups, members, clients, transactions, instances, hosts, racks, directories, principals, the cluster's id,
    names inside configs and sentences: whatever is not Kafka's own. The findings stay the same.
    """
    from kastellan.app.redact import key_from, redact
    from kastellan.kernel.units import bytes_text, plural

    told = redact(file, out, names, key_from(key_file))
    typer.echo(
        f"{out}: {bytes_text(told.size_bytes)}, {plural(told.names, 'name')} replaced (redaction {told.id}); keep {names} to"
        " yourself",
        err=True,
    )


def size_in(text: str) -> int:
    """A size as people write it, in bytes.

    >>> size_in("20M"), size_in("1.5 kB"), size_in("512")
    (20971520, 1536, 512)
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None or not float(found[1]):
        raise BadInput(f"--max-size {text[:40]!r} is no size; write 500k, 20M or 1G")
    return int(float(found[1]) * _UNITS[found[2]])


def _print(contents: Contents, output: Form) -> None:
    if output is Form.JSON:
        from kastellan.surfaces.cli.documents import ContentsDocument, json_text

        sys.stdout.write(json_text(ContentsDocument(contents=contents)) + "\n")
        return
    from kastellan.surfaces.cli.screen import Screen
    from kastellan.surfaces.cli.show.snapshot_text import show

    screen = Screen.of()
    show(contents, screen)
    sys.stdout.write(screen.text())
