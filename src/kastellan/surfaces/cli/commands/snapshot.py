"""`kastellan snapshot`: what was seen, as one file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kastellan.kernel.errors import BadInput
from kastellan.surfaces.cli.listing import Form
from kastellan.surfaces.cli.reading import Reach, reads_cluster

if TYPE_CHECKING:
    from kastellan.model.snapshot import Snapshot

app = typer.Typer(name="snapshot", help="What was seen of a cluster, as one file.", no_args_is_help=True)

_MOST_LOOKS = 20


@app.command()
@reads_cluster
def save(
    reach: Reach,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    looks: Annotated[
        int,
        typer.Option(
            "--looks", help="How many looks the file holds; checks of movement and the confirmation of errors need two."
        ),
    ] = 2,
    every: Annotated[float, typer.Option("--every", metavar="SECONDS", help="Time between looks.")] = 1.0,
) -> None:
    """Look at a cluster and write what was seen to FILE, for `--bundle FILE` of every command."""
    from kastellan.app.save import check_target, save

    if reach.saved:
        raise BadInput("snapshot save looks at a live cluster; leave --bundle out")
    if not 1 <= looks <= _MOST_LOOKS or not 1 <= every <= 3600:  # noqa: PLR2004
        raise BadInput(f"give --looks from 1 to {_MOST_LOOKS} and --every from 1 to 3600 seconds")
    check_target(file)
    import asyncio

    from kastellan.kernel.units import bytes_text, plural

    size_bytes = save(asyncio.run(_looks(reach, looks, every)), file)
    typer.echo(
        f"{file}: {plural(looks, 'look')}, {bytes_text(size_bytes)}; `kastellan doctor --bundle {file}` examines it", err=True
    )


async def _looks(reach: Reach, looks: int, every_s: float) -> Snapshot:
    from kastellan.app.collect import collect
    from kastellan.app.examine import exam_of
    from kastellan.app.wiring import source_for

    target, timeout_s = reach.target()
    source = source_for(target)
    try:
        return await collect(source, exam_of().wanted, timeout_s, looks, every_s)
    finally:
        await source.close()


@app.command()
def show(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A saved snapshot.")],
    output: Annotated[Form, typer.Option("-o", "--output", help="How it is printed.")] = Form.TABLE,
) -> None:
    """Show what a saved snapshot holds: its looks, tables, and what could not be seen."""
    from kastellan.app.inspect import inspect
    from kastellan.app.load import load
    from kastellan.surfaces.cli.screen import Screen
    from kastellan.surfaces.cli.show.snapshot_text import show as table

    contents = inspect(load(file))
    if output is Form.JSON:
        from kastellan.surfaces.cli.documents import ContentsDocument, json_text

        sys.stdout.write(json_text(ContentsDocument(contents=contents)) + "\n")
        return
    screen = Screen.of()
    table(contents, screen)
    sys.stdout.write(screen.text())
