"""Which cluster is meant, how it is reached, and where each of these values came from."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from kastellan.app.contexts import contexts_path, read_contexts, resolve_paths
from kastellan.app.reference_data import read_providers
from kastellan.app.wiring import Target
from kastellan.config.client_properties import ClientProperties, client_properties
from kastellan.config.config_providers import Surroundings, read_file
from kastellan.config.contexts import Context
from kastellan.config.effective import (
    DEFAULT,
    DEFAULT_TIMEOUT_S,
    EffectiveValue,
    ValueSource,
    context_values,
    first_value,
    properties_values,
    security_values,
)
from kastellan.config.proxy import parse_proxy
from kastellan.kernel.errors import BadInput, UsageError
from kastellan.kernel.secret import SecretBytes
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

_OF_TARGET: Final = ("bootstrap", "controllers", "proxy", "timeout", "client_id")
_NO_CLUSTER: Final = "which cluster? give --bootstrap-server HOST:PORT, --command-config FILE, --context NAME or --bundle FILE"


class ResolvedSettings(msgspec.Struct, frozen=True, kw_only=True):
    """All values that hold. `values` shows them with their origins; `notes` is what a person should hear."""

    values: tuple[EffectiveValue, ...]
    notes: tuple[str, ...]
    timeout_s: float
    target: Target | None
    """None when nothing names a cluster."""
    provider: Provider | None = None
    """Who is said to run the cluster; None: it is recognised."""

    def patience_s(self, of_the_command_s: float | None) -> float:
        """Seconds for a look: what the user set, else what the command itself needs, else the default."""
        is_set = any(value.name == "timeout" and value.origin != DEFAULT for value in self.values)
        return self.timeout_s if is_set or of_the_command_s is None else of_the_command_s

    def cluster(self) -> Target:
        """The cluster. Raises UsageError when nothing names one."""
        if self.target is None:
            raise UsageError(_NO_CLUSTER)
        return self.target


class _PropertiesFile(msgspec.Struct, frozen=True):
    """A properties file that was read; an empty name where there is none."""

    properties: ClientProperties
    name: str
    notes: tuple[str, ...] = ()


def resolve_settings(typed: Mapping[str, str], resolve: tuple[str, ...], environment: Mapping[str, str]) -> ResolvedSettings:
    """The values that hold: flags before the environment, that before the context, that before the properties file.

    `typed` has the values of the command line (which may have come from the environment) by the names in `FLAGS`. The
    current context counts only where neither a flag nor the environment names a cluster: credentials of one cluster are
    not sent to another. Raises BadInput for a file or value that cannot be used.
    """
    flags = ValueSource(typed, {name: _origin(name, value, environment) for name, value in typed.items()})
    context, context_notes, of_context = _context(flags, environment)
    brokers = _read_properties(first_value("command_config", flags, of_context), environment)
    controllers = _read_properties(first_value("controller_config", flags, of_context), environment)
    of_file = properties_values(brokers.properties, brokers.name)
    chosen = {name: first_value(name, flags, of_context, of_file) for name in _OF_TARGET}
    timeout = chosen["timeout"] or EffectiveValue("timeout", f"{DEFAULT_TIMEOUT_S:g}", DEFAULT)
    bootstrap, proxy_value, client_id, quorum = (chosen[name] for name in ("bootstrap", "proxy", "client_id", "controllers"))
    proxy = parse_proxy(proxy_value.value, proxy_value.origin) if proxy_value is not None else None
    security = brokers.properties.security
    target = Target(
        bootstrap=bootstrap.value,
        resolve={**dict(map(_pair, context.resolve)), **dict(map(_pair, resolve))},
        security=security,
        client_id=client_id.value if client_id is not None else None,
        proxy=proxy,
        controllers=quorum.value if quorum is not None else None,
        controller_security=controllers.properties.security if controllers.name else security,
    ) if bootstrap is not None else None  # fmt: skip
    provider = first_value("provider", flags, of_context)
    shown = [first_value("context", flags, of_context), bootstrap, first_value("command_config", flags, of_context), quorum]
    shown.append(first_value("controller_config", flags, of_context))
    if proxy is not None and proxy_value is not None:
        shown.append(EffectiveValue("proxy", proxy.label.removeprefix("the proxy "), proxy_value.origin))
    shown += [timeout, provider, client_id]
    values = [value for value in shown if value is not None]
    values += [EffectiveValue("resolve", pair, "--resolve") for pair in resolve]
    values += [EffectiveValue("resolve", pair, of_context.origins.get("bootstrap", "")) for pair in context.resolve]
    values += security_values(security, brokers.name or DEFAULT)
    if controllers.name:
        values += security_values(controllers.properties.security, controllers.name, "controller ")
    return ResolvedSettings(
        values=tuple(values),
        notes=(*context_notes, *brokers.notes, *controllers.notes),
        timeout_s=_seconds(timeout),
        target=target,
        provider=read_providers(environment).confirm(provider.value, provider.origin) if provider is not None else None,
    )


def _origin(name: str, value: str, environment: Mapping[str, str]) -> str:
    flag, variable = FLAGS[name]
    return variable if environment.get(variable) == value else flag


def _context(flags: ValueSource, environment: Mapping[str, str]) -> tuple[Context, tuple[str, ...], ValueSource]:
    """The context that counts, what is to be said about its file, and its values with their origin."""
    wanted = flags.get("context")
    if wanted is None and (first_value("bootstrap", flags) or first_value("command_config", flags)) is not None:
        return Context(), (), context_values(None, "")
    read = read_contexts(contexts_path(environment))
    name = wanted.value if wanted is not None else read.contexts.current
    if name is None:
        return Context(), (), context_values(None, "")
    context = resolve_paths(read.contexts.get(name, wanted.origin if wanted is not None else str(read.path)), read.path)
    own = context_values(context, f"context {name} ({read.path})")
    current = {} if wanted is not None else {"context": name}
    origins = {**own.origins, **dict.fromkeys(current, str(read.path))}
    return context, read.notes, ValueSource({**own.values, **current}, origins)


def _read_properties(place: EffectiveValue | None, environment: Mapping[str, str]) -> _PropertiesFile:
    if place is None:
        return _PropertiesFile(ClientProperties(), "")
    path = Path(place.value).expanduser()
    try:
        with path.open("rb") as file:
            data, mode = SecretBytes(file.read()), os.fstat(file.fileno()).st_mode
    except OSError as error:
        raise BadInput(f"cannot read {path} ({place.origin}): {error.strerror or error}; give a client.properties file") from None
    properties = client_properties(data, str(path), Surroundings(environment, read_file))
    return _PropertiesFile(properties, str(path), tuple(_notes(properties, path, mode)))


def _notes(properties: ClientProperties, path: Path, mode: int) -> Iterator[str]:
    yield from properties.sentences(str(path))
    if properties.security.protocol.tls:
        yield from store_notes(properties.security.tls)
    if properties.security.login is not None and mode & _OTHERS:
        yield f"{path} holds credentials, and others on this machine may read it: chmod 600 {path}"


def _seconds(timeout: EffectiveValue) -> float:
    try:
        seconds = float(timeout.value)
    except ValueError:
        raise BadInput(f"{timeout.origin} is {timeout.value!r}, which is no number of seconds; correct it") from None
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise BadInput(
            f"{timeout.origin} is {timeout.value}; give a time-out (--timeout) of {SHORTEST_S:g} to {LONGEST_S:g} seconds"
        )
    return seconds


def _pair(text: str) -> tuple[str, str]:
    advertised, equals, reached = text.partition("=")
    if not equals:
        raise BadInput(f"--resolve {text!r} is not HOST:PORT=HOST:PORT; write the advertised address first")
    return parse_endpoint(advertised, option="--resolve").address, parse_endpoint(reached, option="--resolve").address
