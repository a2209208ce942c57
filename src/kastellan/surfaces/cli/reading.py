"""The options by which every command that reads a cluster is told which one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, get_type_hints

import typer

from kastellan.kernel.errors import BadInput, UsageError

if TYPE_CHECKING:
    from kastellan.app.wiring import Target
    from kastellan.config.client_properties import ClientProperties
    from kastellan.model.codec import Loaded

DEFAULT_TIMEOUT_S = 5.0
_LONGEST_S = 3_600.0
_PANEL = "Which cluster"

Bootstrap = Annotated[
    str | None,
    typer.Option(
        "--bootstrap-server", metavar="HOST:PORT[,...]", envvar="KASTELLAN_BOOTSTRAP_SERVER", help="Brokers to begin with."
    ),
]
CommandConfig = Annotated[Path | None, typer.Option("--command-config", metavar="FILE", help="Kafka's client.properties.")]
Bundle = Annotated[Path | None, typer.Option("--bundle", metavar="FILE", help="A saved snapshot instead of a live cluster.")]
Timeout = Annotated[
    float | None,
    typer.Option("--timeout", metavar="SECONDS", help=f"Time for the whole examination [default: {DEFAULT_TIMEOUT_S:g}]."),
]
Resolve = Annotated[
    list[str] | None,
    typer.Option(
        "--resolve", metavar="HOST:PORT=HOST:PORT", help="Where an advertised address is reached from here; may be repeated."
    ),
]


class Reach(NamedTuple):
    """What was typed about the cluster."""

    bootstrap: str | None
    command_config: Path | None
    bundle: Path | None
    timeout: float | None
    resolve: tuple[str, ...]

    @property
    def saved(self) -> bool:
        """True when a file is to be read and no cluster."""
        return self.bundle is not None

    def load(self) -> Loaded:
        """The saved snapshot."""
        if self.bundle is None:
            raise UsageError("a saved snapshot is needed: --bundle FILE")
        from kastellan.app.load import load

        return load(self.bundle)

    def target(self) -> tuple[Target, float]:
        """The live cluster and the time-out in seconds; a flag goes before the environment, that before the file."""
        from kastellan.app.wiring import Target

        told = self._from_file()
        bootstrap = self.bootstrap or told.bootstrap
        if not bootstrap:
            raise UsageError("which cluster? give --bootstrap-server HOST:PORT, --command-config FILE or --bundle FILE")
        timeout_s = self.timeout if self.timeout is not None else told.request_timeout_s or DEFAULT_TIMEOUT_S
        if not 0.1 <= timeout_s <= _LONGEST_S:  # noqa: PLR2004
            raise BadInput(f"--timeout is {timeout_s:g}; give 0.1 to {_LONGEST_S:g} seconds")
        resolve = dict(map(_pair, self.resolve))
        return Target(bootstrap=bootstrap, resolve=resolve, security=told.security, client_id=told.client_id), timeout_s

    def _from_file(self) -> ClientProperties:
        from kastellan.config.client_properties import ClientProperties, client_properties

        if self.command_config is None:
            return ClientProperties()
        try:
            data = self.command_config.read_bytes()
        except OSError as error:
            raise BadInput(
                f"cannot read {self.command_config}: {error.strerror or error}; give a client.properties file"
            ) from None
        told = client_properties(data, str(self.command_config))
        for sentence in told.sentences(str(self.command_config)):
            typer.echo(f"kastellan: {sentence}", err=True)
        return told


def _pair(text: str) -> tuple[str, str]:
    advertised, found, reached = text.partition("=")
    if not found or not all(":" in each for each in (advertised, reached)):
        raise BadInput(f"--resolve {text!r} is not HOST:PORT=HOST:PORT; write the advertised address first")
    return advertised, reached


def reads_cluster(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command, whose first parameter is `reach`, the options above in place of it."""
    own = list(inspect.signature(command).parameters.values())[1:]
    hints = get_type_hints(command, include_extras=True)

    def run(
        bootstrap_server: Bootstrap = None,
        command_config: CommandConfig = None,
        bundle: Bundle = None,
        timeout: Timeout = None,
        resolve: Resolve = None,
        **rest: Any,  # noqa: ANN401
    ) -> None:
        if bundle is not None and (command_config is not None or _typed_bootstrap(bootstrap_server)):
            raise UsageError("--bundle reads a file and no cluster; give either it or --bootstrap-server / --command-config")
        command(Reach(bootstrap_server, command_config, bundle, timeout, tuple(resolve or ())), **rest)

    shared = {
        "bootstrap_server": Bootstrap,
        "command_config": CommandConfig,
        "bundle": Bundle,
        "timeout": Timeout,
        "resolve": Resolve,
    }
    told = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=hint) for name, hint in shared.items()
    ]
    told += [each.replace(kind=each.KEYWORD_ONLY, annotation=hints[each.name]) for each in own]
    run.__signature__ = inspect.Signature(told)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in told}
    run.__name__, run.__doc__, run.__module__ = command.__name__, command.__doc__, command.__module__
    return run


def _typed_bootstrap(value: str | None) -> bool:
    """The flag was typed: an address that only the environment holds does not contradict --bundle."""
    import os

    return value is not None and value != os.environ.get("KASTELLAN_BOOTSTRAP_SERVER")
