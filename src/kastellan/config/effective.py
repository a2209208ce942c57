"""The values that hold for a command, and where each came from: flag, environment, context, properties file, default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from kastellan.config.client_properties import ClientProperties
from kastellan.config.contexts import Context
from kastellan.config.security import KerberosLogin, OAuthLogin, PlainLogin, ScramLogin, SecuritySettings, mechanism_name

DEFAULT_TIMEOUT_S: Final = 5.0
DEFAULT: Final = "default"


class EffectiveValue(msgspec.Struct, frozen=True):
    """A value that holds and where it came from. The value is text, because it is only ever shown."""

    name: str
    value: str
    origin: str


class ValueSource(msgspec.Struct, frozen=True):
    """Values from one place; `origins` is how a sentence names the place of a value."""

    values: Mapping[str, str]
    origins: Mapping[str, str]

    def get(self, name: str) -> EffectiveValue | None:
        """The value of this name, if this place has it."""
        value = self.values.get(name)
        return EffectiveValue(name, value, self.origins[name]) if value else None


def first_value(name: str, *sources: ValueSource) -> EffectiveValue | None:
    """The value from the first place that has it."""
    return next((value for source in sources if (value := source.get(name)) is not None), None)


def context_values(context: Context | None, origin: str) -> ValueSource:
    """The values of a context; none without one."""
    if context is None:
        return ValueSource({}, {})
    values = {
        "bootstrap": context.bootstrap or "",
        "command_config": context.command_config or "",
        "controllers": context.controllers or "",
        "controller_config": context.controller_config or "",
        "proxy": context.proxy or "",
        "timeout": f"{context.timeout:g}" if context.timeout is not None else "",
        "provider": context.provider or "",
    }
    return ValueSource(values, dict.fromkeys(values, origin))


def properties_values(properties: ClientProperties, origin: str) -> ValueSource:
    """The values of a properties file."""
    values = {
        "bootstrap": properties.bootstrap or "",
        "controllers": properties.controllers or "",
        "timeout": f"{properties.request_timeout_s:g}" if properties.request_timeout_s is not None else "",
        "client_id": properties.client_id or "",
    }
    return ValueSource(values, dict.fromkeys(values, origin))


def security_values(settings: SecuritySettings, origin: str, prefix: str = "") -> list[EffectiveValue]:
    """How the client proves itself, to be shown: names and paths, never a secret."""
    rows = [("security.protocol", str(settings.protocol))]
    if settings.protocol.tls:
        rows += [
            ("ssl.truststore", _place(settings.tls.trust) or "the operating system's"),
            ("ssl.keystore", _place(settings.tls.identity)),
            ("ssl.endpoint.identification", "https" if settings.tls.check_names else "off: names are not checked"),
        ]
    login = settings.login
    if login is not None:
        rows.append(("sasl.mechanism", mechanism_name(login)))
        if isinstance(login, (PlainLogin, ScramLogin)):
            rows.append(("sasl.user", login.user))
        elif isinstance(login, OAuthLogin):
            rows += [("sasl.client", login.client_id or ""), ("sasl.token", login.token_url or login.token_file or "unsigned")]
        elif isinstance(login, KerberosLogin):
            rows += [
                ("sasl.service", login.service),
                ("sasl.principal", login.principal or ""),
                ("sasl.keytab", login.keytab or ""),
                ("sasl.ticket_cache", login.ticket_cache or ""),
            ]
    return [EffectiveValue(prefix + name, value, origin) for name, value in rows if value]


def _place(store: object) -> str:
    if store is None:
        return ""
    return getattr(store, "path", None) or "in the file itself"
