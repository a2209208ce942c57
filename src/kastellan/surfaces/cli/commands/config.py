"""`kastellan config`: what holds for a command, and why."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from kastellan.surfaces.cli.listing import Form
from kastellan.surfaces.cli.reading import ConnectionOptions, judges_cluster

app = typer.Typer(name="config", help="What holds for a command, and who said so.", no_args_is_help=True)


@app.command()
@judges_cluster
def view(
    reach: ConnectionOptions,
    show_origin: Annotated[bool, typer.Option("--show-origin", help="Say where each value came from.")] = False,
    output: Annotated[Form, typer.Option("-o", "--output", help="How it is printed.")] = Form.TABLE,
) -> None:
    """Show the values with which a command would reach a cluster; never a secret.

    A flag goes before the environment, that before the context, that before the properties file. The current context
    counts where neither a flag nor the environment names a cluster.
    """
    settled = reach.settled()
    for sentence in settled.notes:
        typer.echo(f"kastellan: {sentence}", err=True)
    if output is Form.JSON:
        from kastellan.surfaces.cli.documents import ConfigDocument, json_text

        sys.stdout.write(json_text(ConfigDocument(values=settled.told)) + "\n")
        return
    from kastellan.surfaces.cli.screen import Screen, clean

    screen = Screen.of()
    width = max(len(each.name) for each in settled.told)
    for each in settled.told:
        # Not a table: a path that is cut says nothing.
        screen.line(clean(f"{each.name:<{width}}  {each.value}") + (clean(f"  ({each.origin})") if show_origin else ""))
    sys.stdout.write(screen.text())


@app.callback()
def _root() -> None:
    """What holds for a command, and who said so."""
