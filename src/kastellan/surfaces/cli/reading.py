"""The options by which every command that reads a cluster is told which one."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, get_type_hints

import typer

from kastellan.kernel.errors import UsageError
from kastellan.surfaces.cli.completion import complete_context, complete_provider
from kastellan.surfaces.cli.help_text import CONNECTION

if TYPE_CHECKING:
    from kastellan.app.resolve_settings import ResolvedSettings
    from kastellan.app.wiring import Target
    from kastellan.model.codec import Loaded
    from kastellan.reference.providers import Provider

Bootstrap = Annotated[
    str | None,
    typer.Option(
        "--bootstrap-server",
        metavar="HOST:PORT[,...]",
        envvar="KASTELLAN_BOOTSTRAP_SERVER",
        help="Bootstrap servers.",
        rich_help_panel=CONNECTION,
    ),
]
CommandConfig = Annotated[
    Path | None,
    typer.Option(
        "--command-config",
        metavar="FILE",
        envvar="KASTELLAN_COMMAND_CONFIG",
        help="A client.properties file, as Kafka's own tools take.",
        rich_help_panel=CONNECTION,
    ),
]
ContextName = Annotated[
    str | None,
    typer.Option(
        "--context",
        metavar="NAME",
        envvar="KASTELLAN_CONTEXT",
        autocompletion=complete_context,
        help="A cluster of the contexts file; see `kastellan context`.",
        rich_help_panel=CONNECTION,
    ),
]
Bundle = Annotated[
    Path | None,
    typer.Option("--bundle", metavar="FILE", help="Read a saved snapshot instead of a live cluster.", rich_help_panel=CONNECTION),
]
Timeout = Annotated[
    float | None,
    typer.Option(
        "--timeout",
        metavar="SECONDS",
        envvar="KASTELLAN_TIMEOUT",
        help="Time limit of the whole command [default: 5].",
        rich_help_panel=CONNECTION,
    ),
]
Resolve = Annotated[
    list[str] | None,
    typer.Option(
        "--resolve",
        metavar="HOST:PORT=HOST:PORT",
        help="Connect to the second address instead of this advertised one; repeatable.",
        rich_help_panel=CONNECTION,
    ),
]
Proxy = Annotated[
    str | None,
    typer.Option(
        "--proxy",
        metavar="URL",
        envvar="KASTELLAN_PROXY",
        help="Proxy to the brokers: socks5://HOST:PORT or http://HOST:PORT.",
        rich_help_panel=CONNECTION,
    ),
]
Controllers = Annotated[
    str | None,
    typer.Option(
        "--bootstrap-controller",
        metavar="HOST:PORT[,...]",
        envvar="KASTELLAN_BOOTSTRAP_CONTROLLER",
        help="Controller endpoints, to query the KRaft quorum directly.",
        rich_help_panel=CONNECTION,
    ),
]
ControllerConfig = Annotated[
    Path | None,
    typer.Option(
        "--controller-config",
        metavar="FILE",
        envvar="KASTELLAN_CONTROLLER_CONFIG",
        help="The client.properties file for the controllers [default: that of the brokers].",
        rich_help_panel=CONNECTION,
    ),
]
ProviderName = Annotated[
    str | None,
    typer.Option(
        "--provider",
        metavar="NAME",
        envvar="KASTELLAN_PROVIDER",
        autocompletion=complete_provider,
        help="The provider, where detection is wrong: such as msk or strimzi, or none.",
        rich_help_panel=CONNECTION,
    ),
]


class ConnectionOptions(NamedTuple):
    """What was typed about the cluster."""

    bootstrap: str | None = None
    command_config: Path | None = None
    bundle: Path | None = None
    timeout: float | None = None
    resolve: tuple[str, ...] = ()
    context: str | None = None
    proxy: str | None = None
    controllers: str | None = None
    controller_config: Path | None = None
    provider: str | None = None

    @property
    def saved(self) -> bool:
        """True when a file is to be read and no cluster."""
        return self.bundle is not None

    def load(self) -> Loaded:
        """The saved snapshot."""
        if self.bundle is None:
            raise UsageError("a saved snapshot is needed: --bundle FILE")
        from kastellan.app.snapshots.files import load

        return load(self.bundle)

    def resolve_settings(self) -> ResolvedSettings:
        """All values that hold, with where each came from."""
        from kastellan.app.resolve_settings import FLAGS, resolve_settings

        typed = {name: getattr(self, name) for name in FLAGS}
        return resolve_settings(
            {name: str(value) for name, value in typed.items() if value is not None}, self.resolve, os.environ
        )

    def run_by(self) -> Provider | None:
        """Who is said to run the cluster; None: it is recognised. Of a saved snapshot no context tells it."""
        if not self.saved:
            return self.resolve_settings().provider
        if self.provider is None:
            return None
        from kastellan.app.reference_data import read_providers

        return read_providers().confirm(self.provider, "--provider")

    def target(self, of_the_command_s: float | None = None) -> tuple[Target, float]:
        """The live cluster and the time-out in seconds; says on stderr what was not carried out.

        `of_the_command_s` is the time-out where nobody said one.
        """
        settings = self.resolve_settings()
        target = settings.cluster()
        for sentence in settings.notes:
            typer.echo(f"kastellan: {sentence}", err=True)
        return target, settings.patience_s(of_the_command_s)


def reads_cluster(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command, whose first parameter is `reach`, the options above in place of it, but for who runs the cluster."""
    return _reading(command, judges=False)


def judges_cluster(command: Callable[..., None]) -> Callable[..., None]:
    """The same for a command whose answer depends on who runs the cluster, or that keeps it: it has `--provider` too."""
    return _reading(command, judges=True)


def _reading(command: Callable[..., None], *, judges: bool) -> Callable[..., None]:
    own = list(inspect.signature(command).parameters.values())[1:]
    hints = get_type_hints(command, include_extras=True)

    def run(
        bootstrap_server: Bootstrap = None,
        command_config: CommandConfig = None,
        bundle: Bundle = None,
        timeout: Timeout = None,
        resolve: Resolve = None,
        context: ContextName = None,
        proxy: Proxy = None,
        bootstrap_controller: Controllers = None,
        controller_config: ControllerConfig = None,
        provider: ProviderName = None,
        **rest: Any,  # noqa: ANN401
    ) -> None:
        if bundle is not None and (
            _was_typed(command_config, "KASTELLAN_COMMAND_CONFIG")
            or _was_typed(bootstrap_server, "KASTELLAN_BOOTSTRAP_SERVER")
            or _was_typed(context, "KASTELLAN_CONTEXT")
        ):
            raise UsageError("--bundle reads a file and no cluster; give either it or --bootstrap-server / --command-config")
        reach = ConnectionOptions(
            bootstrap_server,
            command_config,
            bundle,
            timeout,
            tuple(resolve or ()),
            context,
            proxy,
            bootstrap_controller,
            controller_config,
            provider,
        )
        command(reach, **rest)

    shared = {
        "bootstrap_server": Bootstrap,
        "command_config": CommandConfig,
        "context": ContextName,
        "bundle": Bundle,
        "timeout": Timeout,
        "resolve": Resolve,
        "proxy": Proxy,
        "bootstrap_controller": Controllers,
        "controller_config": ControllerConfig,
    }
    if judges:
        shared["provider"] = ProviderName
    parameters = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=hint) for name, hint in shared.items()
    ]
    parameters += [parameter.replace(kind=parameter.KEYWORD_ONLY, annotation=hints[parameter.name]) for parameter in own]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    run.__name__, run.__doc__, run.__module__ = command.__name__, command.__doc__, command.__module__
    return run


def _was_typed(value: str | Path | None, variable: str) -> bool:
    """The flag was typed: what only the environment holds does not contradict --bundle."""
    return value is not None and str(value) != os.environ.get(variable)
