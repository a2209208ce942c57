"""`kastellan context`: clusters by name."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from kastellan.kernel.errors import UsageError
from kastellan.surfaces.cli.help_text import CONNECT
from kastellan.surfaces.cli.reading import (
    Bootstrap,
    CommandConfig,
    ConnectionOptions,
    ControllerConfig,
    Controllers,
    ProviderName,
    Proxy,
    Resolve,
    Timeout,
)

if TYPE_CHECKING:
    from kastellan.app.contexts import Read

PANEL = CONNECT

_HELP = """Store clusters by name, in a file without secrets.

Examples:
  kastellan context add prod --bootstrap-server broker1:9092
  kastellan context use prod
  kastellan doctor
"""
app = typer.Typer(name="context", help=_HELP, no_args_is_help=True)

_FAILED = 1


@app.command("list")
def show() -> None:
    """List the contexts; a star marks the current one.

    Examples:
      kastellan context list
    """
    from kastellan.render.printable import clean
    from kastellan.surfaces.cli.screen import Screen

    read = _read()
    screen = Screen.of()
    rows = [
        ["*" if name == read.contexts.current else "", clean(name), clean(context.bootstrap or context.command_config or ""),
         clean(context.controllers or ""), clean(context.notes or "")]
        for name, context in sorted(read.contexts.by_name.items())
    ]  # fmt: skip
    if rows:
        screen.table(["", "NAME", "REACHED BY", "CONTROLLERS", "NOTES"], rows, frozenset())
    else:
        screen.paragraph(f"there are none in {read.path}; `kastellan context add NAME --bootstrap-server HOST:PORT` makes one")
    sys.stdout.write(screen.text())


@app.command()
def use(name: Annotated[str, typer.Argument(metavar="NAME", help="A context.")]) -> None:
    """Make a context the current one: commands use it when no option names a cluster.

    Examples:
      kastellan context use prod
    """
    from kastellan.app.contexts import use as choose

    path = _read().path
    choose(path, name)
    typer.echo(f"{name} is used from now on where nothing else names a cluster ({path})", err=True)


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name: letters, digits, '-', '_' and '.'.")],
    bootstrap_server: Bootstrap = None,
    command_config: CommandConfig = None,
    bootstrap_controller: Controllers = None,
    controller_config: ControllerConfig = None,
    resolve: Resolve = None,
    proxy: Proxy = None,
    timeout: Timeout = None,
    provider: ProviderName = None,
    notes: Annotated[str | None, typer.Option("--notes", help="Free text, such as the owner.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace an existing context of this name.")] = False,
) -> None:
    """Add a cluster to the contexts file. Passwords stay in the properties file that it names.

    Examples:
      kastellan context add dev --bootstrap-server localhost:9092
      kastellan context add prod --command-config client.properties --notes ops
    """
    from kastellan.app.contexts import add as write
    from kastellan.config.contexts import Context

    if bootstrap_server is None and command_config is None:
        raise UsageError("a context needs --bootstrap-server HOST:PORT or --command-config FILE")
    if provider is not None:
        from kastellan.app.reference_data import read_providers

        read_providers().confirm(provider, "--provider")
    context = Context(
        bootstrap=bootstrap_server,
        command_config=str(command_config.absolute()) if command_config is not None else None,
        controllers=bootstrap_controller,
        controller_config=str(controller_config.absolute()) if controller_config is not None else None,
        resolve=tuple(resolve or ()),
        proxy=proxy,
        timeout=timeout,
        provider=provider,
        notes=notes,
    )
    path = _read().path
    write(path, name, context, replace=replace)
    typer.echo(f"{name} is in {path}; `kastellan context test {name}` tries it", err=True)


@app.command("test")
def connect_once(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="A context; without it the current one.")] = None,
) -> None:
    """Connect once to each bootstrap server and controller of a context.

    Examples:
      kastellan context test
      kastellan context test prod

    Exit codes:
      0   every endpoint answers
      1   an endpoint does not answer
    """
    import asyncio

    from kastellan.app.wiring import meet
    from kastellan.kernel.deadline import Deadline
    from kastellan.kernel.units import duration_text, plural

    chosen = name or _read().contexts.current
    if chosen is None:
        raise UsageError("which context? give its NAME; `kastellan context list` shows them")
    target, timeout_s = ConnectionOptions(context=chosen).target()
    endpoints = asyncio.run(meet(target, Deadline.after(timeout_s)))
    for endpoint in endpoints:
        if endpoint.nodes is None:
            typer.echo(f"{endpoint.role} {endpoint.addresses}: {endpoint.reason}")
        else:
            took = duration_text(endpoint.answer_ms or 0)
            typer.echo(
                f"{endpoint.role} {endpoint.addresses}: {plural(endpoint.nodes, 'node')} of cluster {endpoint.cluster_id} "
                f"in {took}, as {endpoint.principal}"
            )
    if any(endpoint.nodes is None for endpoint in endpoints):
        raise typer.Exit(_FAILED)


def _read() -> Read:
    from kastellan.app.contexts import contexts_path, read_contexts

    read = read_contexts(contexts_path(os.environ))
    for sentence in read.notes:
        typer.echo(f"kastellan: {sentence}", err=True)
    return read
