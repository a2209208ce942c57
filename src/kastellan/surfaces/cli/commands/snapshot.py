"""`kastellan snapshot`: what was seen, as one file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from kastellan.kernel.errors import BadInput
from kastellan.surfaces.cli.collect_or_load import FULL_COLLECTION_S, collect_or_load, find_snapshot
from kastellan.surfaces.cli.help_text import FILES
from kastellan.surfaces.cli.listing import Form
from kastellan.surfaces.cli.reading import ConnectionOptions, judges_cluster

PANEL = FILES

_HELP = """Save the state of a cluster to a file, look into it, and compare two of them.

Examples:
  kastellan snapshot save prod.snapshot --bootstrap-server localhost:9092
  kastellan doctor --bundle prod.snapshot
  kastellan snapshot diff prod.snapshot last
"""
app = typer.Typer(name="snapshot", help=_HELP, no_args_is_help=True)

_MOST_LOOKS = 20


@app.command()
@judges_cluster
def save(
    reach: ConnectionOptions,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    looks: Annotated[
        int,
        typer.Option("--looks", help="How often to collect; checks of movement and the confirmation of errors need two."),
    ] = 2,
    every: Annotated[float, typer.Option("--every", metavar="SECONDS", help="Time between two collections.")] = 1.0,
) -> None:
    """Save the state of a cluster to FILE, for the option `--bundle FILE` of every command.

    Collecting takes at most 20 s unless --timeout says otherwise.

    Examples:
      kastellan snapshot save prod.snapshot --bootstrap-server localhost:9092
      kastellan snapshot save prod.snapshot --context prod --looks 3 --every 10
    """
    from kastellan.app.snapshots.files import check_target, save

    if reach.saved:
        raise BadInput("snapshot save looks at a live cluster; leave --bundle out")
    if not 1 <= looks <= _MOST_LOOKS or not 1 <= every <= 3600:  # noqa: PLR2004
        raise BadInput(f"give --looks from 1 to {_MOST_LOOKS} and --every from 1 to 3600 seconds")
    check_target(file)
    run_by = reach.run_by()
    from kastellan.app.full_collection import everything
    from kastellan.app.snapshots.collection import collect
    from kastellan.kernel.units import bytes_text, plural

    wanted = everything()
    snapshot = collect_or_load(
        reach,
        lambda source, timeout_s: collect(source, wanted, timeout_s, looks, every),
        lambda snapshot, _: snapshot,
        FULL_COLLECTION_S,
    )
    size_bytes = save(snapshot.of_provider(run_by), file)
    typer.echo(
        f"{file}: {plural(looks, 'look')}, {bytes_text(size_bytes)}; `kastellan doctor --bundle {file}` examines it", err=True
    )


Cluster = Annotated[str | None, typer.Option("--cluster", metavar="ID", help="The cluster, where snapshots of several are kept.")]
_NAMES = "A file, or a snapshot that doctor kept: last, -1 (the one before), 02:41, 2026-11-26T02:41."
# A kept look may be called -1.
_TAKES_MINUS = {"ignore_unknown_options": True}


@app.command(context_settings=_TAKES_MINUS)
def show(
    file: Annotated[str, typer.Argument(metavar="FILE|NAME", help=_NAMES)],
    cluster: Cluster = None,
    output: Annotated[Form, typer.Option("-o", "--output", help="Output format.")] = Form.TABLE,
) -> None:
    """Show the tables of a snapshot, the kinds of names in them, and what could not be collected.

    Examples:
      kastellan snapshot show prod.snapshot
      kastellan snapshot show last -o json
    """
    from kastellan.app.snapshots.contents import inspect
    from kastellan.surfaces.cli.screen import Screen
    from kastellan.surfaces.cli.show.snapshot_text import show as table

    contents = inspect(find_snapshot(file, cluster))
    if output is Form.JSON:
        from kastellan.render.documents import ContentsDocument, json_text

        sys.stdout.write(json_text(ContentsDocument(contents=contents)) + "\n")
        return
    screen = Screen.of()
    table(contents, screen)
    sys.stdout.write(screen.text())


@app.command(context_settings=_TAKES_MINUS)
def diff(
    before: Annotated[str, typer.Argument(metavar="BEFORE", help=_NAMES)],
    after: Annotated[str, typer.Argument(metavar="AFTER", help="The same forms as BEFORE.")] = "last",
    cluster: Cluster = None,
    output: Annotated[Form, typer.Option("-o", "--output", help="Output format.")] = Form.TABLE,
) -> None:
    """Show what changed between two snapshots; a value that one of them lacks is no change.

    Examples:
      kastellan snapshot diff prod.snapshot
      kastellan snapshot diff -1 last
    """
    from kastellan.findings.history_text import change_lines, time_text
    from kastellan.model.diff import diff as compare

    older, newer = find_snapshot(before, cluster).snapshot, find_snapshot(after, cluster).snapshot
    if older.at_ms > newer.at_ms:
        raise BadInput("the first look is the later one; give the earlier look first")
    changes = compare(older, newer)
    lines = tuple(line.text for line in change_lines(changes))
    if output is Form.JSON:
        from kastellan.render.documents import ChangesDocument, json_text

        document = ChangesDocument(cluster_id=newer.cluster_id, changes=changes, lines=lines)
        sys.stdout.write(json_text(document) + "\n")
        return
    from kastellan.surfaces.cli.screen import Screen

    screen = Screen.of()
    between = f"between {time_text(older.at_ms, newer.at_ms)} and {time_text(newer.at_ms, newer.at_ms)}"
    screen.paragraph(f"{newer.cluster_id or 'cluster id not seen'}: {between}", "bold")
    for line in lines or ("nothing that both looks could see changed",):
        screen.paragraph(line, indent=2, hang=2)
    sys.stdout.write(screen.text())


@app.command("list")
def list_(output: Annotated[Form, typer.Option("-o", "--output", help="Output format.")] = Form.TABLE) -> None:
    """List the snapshots that `doctor` kept, by cluster.

    Examples:
      kastellan snapshot list
    """
    from kastellan.app.snapshots.saved import list_saved
    from kastellan.app.wiring import snapshot_store

    clusters = list_saved(snapshot_store())
    if output is Form.JSON:
        from kastellan.render.documents import SavedDocument, json_text

        sys.stdout.write(json_text(SavedDocument(clusters=clusters)) + "\n")
        return
    from kastellan.kernel.time_texts import moment_text
    from kastellan.kernel.units import bytes_text
    from kastellan.surfaces.cli.screen import Screen

    screen = Screen.of()
    rows = [
        [
            saved.cluster,
            "last" if not number else f"-{number}",
            moment_text(at_ms),
            bytes_text(size),
        ]
        for saved in clusters
        for number, (at_ms, size) in enumerate(zip(saved.at_ms, saved.size_bytes, strict=True))
    ]
    screen.table(["CLUSTER", "NAME", "LOOKED AT", "SIZE"], rows, frozenset({3}))
    if not rows:
        screen.paragraph("none is kept yet; `kastellan doctor` keeps one at every run", "dim")
    sys.stdout.write(screen.text())
