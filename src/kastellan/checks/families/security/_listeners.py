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


class SettingValue(msgspec.Struct, frozen=True):
    """One setting of one broker: whether the broker returned it, and its value (None for one that is not set)."""

    readable: bool
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


Settings = Mapping[str, SettingValue]
_UNREADABLE = SettingValue(readable=False)


def by_broker(configs: BrokerConfigs, keys: Iterable[str]) -> Mapping[int, Settings]:
    """The wanted settings of each broker that is in the table."""
    settings: dict[int, dict[str, SettingValue]] = defaultdict(dict)
    wanted = frozenset(keys)
    for broker, config, value, answered, source in configs.df.select("broker", "config", "value", "seen", "source").iter_rows():
        if config in wanted:
            # A value that is set and missing here was not returned: sensitive, or denied.
            settings[broker][config] = SettingValue(bool(answered) and (value is not None or source in _NOT_SET), value)
    return settings


def setting_value(settings: Settings | None, key: str) -> SettingValue:
    """One setting; unreadable where the broker returned nothing of it."""
    return (settings or {}).get(key, _UNREADABLE)


def clients_listeners(settings: Settings | None) -> tuple[Listener, ...] | None:
    """The listeners that clients use; None where the settings are unreadable.

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
    """The listener between brokers; None where the settings are unreadable."""
    bound, name = _bound(settings), _between(settings)
    return (
        next((listener for listener in bound if listener.name == name), None) if bound is not None and name is not None else None
    )


def controllers_listener(settings: Settings | None) -> tuple[str | None, str | None, bool]:
    """Name and protocol of the listener by which brokers reach controllers, and whether the settings are readable.

    The name is None, and the settings are readable, where there are no controllers (ZooKeeper).
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
    setting = setting_value(settings, LISTENERS)
    if not setting.readable or setting.value is None:
        return None
    pairs = (text.strip().partition("://") for text in setting.value.split(",") if text.strip())
    return tuple(Listener(name, _protocol(name, settings), where.startswith(_LOOPBACK)) for name, _, where in pairs)


def _protocol(name: str, settings: Settings | None) -> str | None:
    """By the map; a listener that is called like a protocol speaks it where the map does not say otherwise."""
    setting = setting_value(settings, MAP)
    if not setting.readable:
        return None
    pairs = (text.strip().partition(":") for text in (setting.value or "").split(","))
    mapped = {key.upper(): value.upper() for key, _, value in pairs}
    return mapped.get(name.upper()) or (name if name in _PROTOCOLS else None)


def _controllers(settings: Settings | None) -> tuple[str, ...] | None:
    setting = setting_value(settings, OF_CONTROLLERS)
    return tuple(text.strip() for text in (setting.value or "").split(",") if text.strip()) if setting.readable else None


def _between(settings: Settings | None) -> str | None:
    setting = setting_value(settings, BETWEEN)
    if not setting.readable:
        return None
    return setting.value or setting_value(settings, BETWEEN_PROTOCOL).value
