"""Which cluster is meant, how it is reached, and who told each of these values."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from kastellan.app.contexts import contexts_path, placed, read_contexts
from kastellan.app.reference_data import read_providers
from kastellan.app.wiring import Target
from kastellan.config.client_properties import ClientProperties, client_properties
from kastellan.config.config_providers import Surroundings, read_file
from kastellan.config.contexts import Context
from kastellan.config.effective import DEFAULT, DEFAULT_TIMEOUT_S, Source, Told, first, of_context, of_properties, of_security
from kastellan.config.proxy import parse_proxy
from kastellan.kernel.errors import BadInput, UsageError
from kastellan.reference.providers import Provider
from kastellan.wire.kafka.endpoint import parse_endpoint
from kastellan.wire.tls.context import store_notes

LONGEST_S: Final = 3_600.0
SHORTEST_S: Final = 0.1
_OTHERS: Final = stat.S_IRGRP | stat.S_IROTH | stat.S_IWGRP | stat.S_IWOTH

FLAGS: Final = {
    "context": ("--context", "KASTELLAN_CONTEXT"),
    "bootstrap": ("--bootstrap-server", "KASTELLAN_BOOTSTRAP_SERVER"),
    "command_config": ("--command-config", "KASTELLAN_COMMAND_CONFIG"),
    "controllers": ("--bootstrap-controller", "KASTELLAN_BOOTSTRAP_CONTROLLER"),
    "controller_config": ("--controller-config", "KASTELLAN_CONTROLLER_CONFIG"),
    "proxy": ("--proxy", "KASTELLAN_PROXY"),
    "timeout": ("--timeout", "KASTELLAN_TIMEOUT"),
    "provider": ("--provider", "KASTELLAN_PROVIDER"),
}
"""The flag and the environment variable of each value."""

_NONE: Final = "which cluster? give --bootstrap-server HOST:PORT, --command-config FILE, --context NAME or --bundle FILE"


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """All values that hold. `told` shows them with their origins; `notes` is what a person should hear."""

    told: tuple[Told, ...]
    notes: tuple[str, ...]
    timeout_s: float
    target: Target | None
    """None when nothing names a cluster."""
    provider: Provider | None = None
    """Who is said to run the cluster; None: it is recognised."""

    def patience_s(self, of_the_command_s: float | None) -> float:
        """Seconds for a look: what somebody said, else what the command itself needs, else the usual."""
        said = any(each.name == "timeout" and each.origin != DEFAULT for each in self.told)
        return self.timeout_s if said or of_the_command_s is None else of_the_command_s

    def cluster(self) -> Target:
        """The cluster. Raises UsageError when nothing names one."""
        if self.target is None:
            raise UsageError(_NONE)
        return self.target


class _File(msgspec.Struct, frozen=True):
    """A properties file that was read."""

    found: ClientProperties
    name: str
    notes: tuple[str, ...] = ()


def settle(typed: Mapping[str, str], resolve: tuple[str, ...], environment: Mapping[str, str]) -> Settled:
    """What holds: flags before the environment, that before the context, that before the properties file.

    `typed` has the values of the command line (which may have come from the environment) by the names in `FLAGS`. The
    current context counts only where neither a flag nor the environment names a cluster: credentials of one cluster are
    not sent to another. Raises BadInput for a file or value that cannot be used.
    """
    flags = Source(typed, {name: _origin(name, value, environment) for name, value in typed.items()})
    context, context_notes, of_file = _context(flags, environment)
    brokers = _file(first("command_config", flags, of_file), environment)
    controllers_file = _file(first("controller_config", flags, of_file), environment)
    own = of_properties(brokers.found, brokers.name)
    found = {name: first(name, flags, of_file, own) for name in ("bootstrap", "controllers", "proxy", "timeout", "client_id")}
    timeout = found["timeout"] or Told("timeout", f"{DEFAULT_TIMEOUT_S:g}", DEFAULT)
    mapped = {**dict(map(_pair, context.resolve)), **dict(map(_pair, resolve))}
    proxy = parse_proxy(found["proxy"].value, found["proxy"].origin) if found["proxy"] is not None else None
    security = brokers.found.security
    target = Target(
        bootstrap=found["bootstrap"].value,
        resolve=mapped,
        security=security,
        client_id=found["client_id"].value if found["client_id"] is not None else None,
        proxy=proxy,
        controllers=found["controllers"].value if found["controllers"] is not None else None,
        controller_security=controllers_file.found.security if controllers_file.name else security,
    ) if found["bootstrap"] is not None else None  # fmt: skip
    shown = [first("context", flags, of_file), found["bootstrap"], first("command_config", flags, of_file), found["controllers"]]
    shown.append(first("controller_config", flags, of_file))
    if proxy is not None and found["proxy"] is not None:
        shown.append(Told("proxy", proxy.label.removeprefix("the proxy "), found["proxy"].origin))
    provider = first("provider", flags, of_file)
    shown += [timeout, provider, found["client_id"]]
    told = [each for each in shown if each is not None]
    told += [Told("resolve", each, "--resolve") for each in resolve]
    told += [Told("resolve", each, of_file.named.get("bootstrap", "")) for each in context.resolve]
    told += of_security(security, brokers.name or DEFAULT)
    if controllers_file.name:
        told += of_security(controllers_file.found.security, controllers_file.name, "controller ")
    notes = (*context_notes, *brokers.notes, *controllers_file.notes)
    run_by = read_providers(environment).stated(provider.value, provider.origin) if provider is not None else None
    return Settled(told=tuple(told), notes=notes, timeout_s=_seconds(timeout), target=target, provider=run_by)


def _origin(name: str, value: str, environment: Mapping[str, str]) -> str:
    flag, variable = FLAGS[name]
    return variable if environment.get(variable) == value else flag


def _context(flags: Source, environment: Mapping[str, str]) -> tuple[Context, tuple[str, ...], Source]:
    """The context that counts, what is to be said about its file, and its values with their origin."""
    asked = flags.told("context")
    named = first("bootstrap", flags) or first("command_config", flags)
    if asked is None and named is not None:
        return Context(), (), of_context(None, "")
    read = read_contexts(contexts_path(environment))
    name = asked.value if asked is not None else read.contexts.current
    if name is None:
        return Context(), (), of_context(None, "")
    context = placed(read.contexts.get(name, asked.origin if asked is not None else str(read.path)), read.path)
    where = f"context {name} ({read.path})"
    values = of_context(context, where)
    current = {} if asked is not None else {"context": name}
    return context, read.notes, Source({**values.values, **current}, {**values.named, **dict.fromkeys(current, str(read.path))})


def _file(told: Told | None, environment: Mapping[str, str]) -> _File:
    if told is None:
        return _File(ClientProperties(), "")
    path = Path(told.value).expanduser()
    try:
        with path.open("rb") as file:
            data, mode = file.read(), os.fstat(file.fileno()).st_mode
    except OSError as error:
        raise BadInput(f"cannot read {path} ({told.origin}): {error.strerror or error}; give a client.properties file") from None
    found = client_properties(data, str(path), Surroundings(environment, read_file))
    return _File(found, str(path), tuple(_said(found, path, mode)))


def _said(found: ClientProperties, path: Path, mode: int) -> Iterator[str]:
    yield from found.sentences(str(path))
    if found.security.protocol.tls:
        yield from store_notes(found.security.tls)
    if found.security.login is not None and mode & _OTHERS:
        yield f"{path} holds credentials, and others on this machine may read it: chmod 600 {path}"


def _seconds(told: Told) -> float:
    try:
        seconds = float(told.value)
    except ValueError:
        raise BadInput(f"{told.origin} is {told.value!r}, which is no number of seconds; correct it") from None
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise BadInput(f"{told.origin} is {told.value}; give a time-out (--timeout) of {SHORTEST_S:g} to {LONGEST_S:g} seconds")
    return seconds


def _pair(text: str) -> tuple[str, str]:
    advertised, equals, reached = text.partition("=")
    if not equals:
        raise BadInput(f"--resolve {text!r} is not HOST:PORT=HOST:PORT; write the advertised address first")
    return parse_endpoint(advertised, option="--resolve").address, parse_endpoint(reached, option="--resolve").address
