"""What a broker's settings say of its listeners: who is served by which, over which protocol, and for this machine only?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from kastellan.model.tables.broker_configs import BrokerConfigs

LISTENERS, MAP = "listeners", "listener.security.protocol.map"
BETWEEN, BETWEEN_PROTOCOL = "inter.broker.listener.name", "security.inter.broker.protocol"
OF_CONTROLLERS = "controller.listener.names"
KEYS = (LISTENERS, MAP, BETWEEN, BETWEEN_PROTOCOL, OF_CONTROLLERS)

ENCRYPTED = frozenset({"SSL", "SASL_SSL"})
_PROTOCOLS = ENCRYPTED | {"PLAINTEXT", "SASL_PLAINTEXT"}
_NOT_SET = (None, "default")
_LOOPBACK = ("127.", "localhost", "[::1]", "::1")


class Told(msgspec.Struct, frozen=True):
    """One setting of one broker: whether it was told, and its value (None for one that is not set)."""

    seen: bool
    value: str | None = None


class Listener(msgspec.Struct, frozen=True):
    """A listener; `local` is true where only this machine can reach it."""

    name: str
    protocol: str | None
    local: bool

    @property
    def text(self) -> str:
        """For example `CLIENT (SASL_PLAINTEXT)`."""
        return f"{self.name} ({self.protocol or '?'})" if self.name != self.protocol else self.name


Settings = Mapping[str, Told]
_UNTOLD = Told(seen=False)


def by_broker(configs: BrokerConfigs, keys: Iterable[str]) -> Mapping[int, Settings]:
    """The wanted settings of each broker that is in the table."""
    found: dict[int, dict[str, Told]] = defaultdict(dict)
    wanted = frozenset(keys)
    for broker, config, value, seen, source in configs.df.select("broker", "config", "value", "seen", "source").iter_rows():
        if config in wanted:
            # A value that somebody set and that is not here was not told.
            found[broker][config] = Told(bool(seen) and (value is not None or source in _NOT_SET), value)
    return found


def told(settings: Settings | None, key: str) -> Told:
    """One setting, untold where nothing is known of it."""
    return (settings or {}).get(key, _UNTOLD)


def clients_listeners(settings: Settings | None) -> tuple[Listener, ...] | None:
    """The listeners that clients use; None where the settings were not told.

    Those that are neither for controllers nor between brokers; a listener between brokers that is the only one serves
    clients as well.
    """
    bound, apart = _bound(settings), _controllers(settings)
    if bound is None or apart is None:
        return None
    own = tuple(listener for listener in bound if listener.name not in apart)
    between = _between(settings)
    if len(own) > 1 and between is None:
        return None
    return tuple(listener for listener in own if listener.name != between) or own


def brokers_listener(settings: Settings | None) -> Listener | None:
    """The listener between brokers; None where the settings were not told."""
    bound, name = _bound(settings), _between(settings)
    return (
        next((listener for listener in bound if listener.name == name), None) if bound is not None and name is not None else None
    )


def controllers_listener(settings: Settings | None) -> tuple[str | None, str | None, bool]:
    """Name and protocol of the listener by which brokers reach controllers, and whether the settings were told.

    The name is None, and told, where there are no controllers (ZooKeeper).
    """
    names = _controllers(settings)
    if names is None:
        return None, None, False
    if not names:
        return None, None, True
    return names[0], _protocol(names[0], settings), True


def all_local(settings: Settings | None) -> bool | None:
    """Whether every listener can be reached from the broker's own machine only."""
    bound = _bound(settings)
    return None if bound is None else all(listener.local for listener in bound)


def _bound(settings: Settings | None) -> tuple[Listener, ...] | None:
    found = told(settings, LISTENERS)
    if not found.seen or found.value is None:
        return None
    pairs = (text.strip().partition("://") for text in found.value.split(",") if text.strip())
    return tuple(Listener(name, _protocol(name, settings), where.startswith(_LOOPBACK)) for name, _, where in pairs)


def _protocol(name: str, settings: Settings | None) -> str | None:
    """By the map; a listener that is called like a protocol speaks it where the map does not say otherwise."""
    found = told(settings, MAP)
    if not found.seen:
        return None
    pairs = (text.strip().partition(":") for text in (found.value or "").split(","))
    mapped = {key.upper(): value.upper() for key, _, value in pairs}
    return mapped.get(name.upper()) or (name if name in _PROTOCOLS else None)


def _controllers(settings: Settings | None) -> tuple[str, ...] | None:
    found = told(settings, OF_CONTROLLERS)
    return tuple(text.strip() for text in (found.value or "").split(",") if text.strip()) if found.seen else None


def _between(settings: Settings | None) -> str | None:
    found = told(settings, BETWEEN)
    if not found.seen:
        return None
    return found.value or told(settings, BETWEEN_PROTOCOL).value
