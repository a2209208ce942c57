"""`kastellan config`: what holds for a command, and why."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from kastellan.surfaces.cli.help_text import CONNECT
from kastellan.surfaces.cli.listing import Form
from kastellan.surfaces.cli.reading import ConnectionOptions, judges_cluster

PANEL = CONNECT

_HELP = """Show the connection settings that a command would use, and where each comes from.

Examples:
  kastellan config view --show-origin
"""
app = typer.Typer(name="config", help=_HELP, no_args_is_help=True)


@app.command()
@judges_cluster
def view(
    reach: ConnectionOptions,
    show_origin: Annotated[bool, typer.Option("--show-origin", help="Show where each value comes from.")] = False,
    output: Annotated[Form, typer.Option("-o", "--output", help="Output format.")] = Form.TABLE,
) -> None:
    """Show the settings with which a command would connect to a cluster, without secrets.

    Options take precedence over environment variables, these over the context, and that over the properties file. The
    current context counts where neither an option nor an environment variable names a cluster.

    Examples:
      kastellan config view --show-origin
      kastellan config view --context prod -o json
    """
    settings = reach.resolve_settings()
    for sentence in settings.notes:
        typer.echo(f"kastellan: {sentence}", err=True)
    if output is Form.JSON:
        from kastellan.render.documents import ConfigDocument, json_text

        sys.stdout.write(json_text(ConfigDocument(values=settings.values)) + "\n")
        return
    from kastellan.render.printable import clean
    from kastellan.surfaces.cli.screen import Screen

    screen = Screen.of()
    width = max(len(value.name) for value in settings.values)
    for value in settings.values:
        # Not a table: a path that is cut says nothing.
        origin = clean(f"  ({value.origin})") if show_origin else ""
        screen.line(clean(f"{value.name:<{width}}  {value.value}") + origin)
    sys.stdout.write(screen.text())


@app.callback()
def _root() -> None:
    """Keeps `config` a group although it has one command."""
