"""What holds for a command, and where each value came from: flag, environment, context, properties file, default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from kastellan.config.client_properties import ClientProperties
from kastellan.config.contexts import Context
from kastellan.config.security import KerberosLogin, OAuthLogin, PlainLogin, ScramLogin, SecuritySettings, mechanism_name

DEFAULT_TIMEOUT_S: Final = 5.0
DEFAULT: Final = "default"


class Told(msgspec.Struct, frozen=True):
    """A value and who told it. The value is text, because it is only ever shown."""

    name: str
    value: str
    origin: str


class Source(msgspec.Struct, frozen=True):
    """Values from one place; `named` is how a sentence names the place of a value."""

    values: Mapping[str, str]
    named: Mapping[str, str]

    def told(self, name: str) -> Told | None:
        """The value of this name, if this place has it."""
        value = self.values.get(name)
        return Told(name, value, self.named[name]) if value else None


def first(name: str, *sources: Source) -> Told | None:
    """The value from the first place that has it."""
    return next((found for each in sources if (found := each.told(name)) is not None), None)


def of_context(context: Context | None, named: str) -> Source:
    """What a context tells."""
    if context is None:
        return Source({}, {})
    values = {
        "bootstrap": context.bootstrap or "",
        "command_config": context.command_config or "",
        "controllers": context.controllers or "",
        "controller_config": context.controller_config or "",
        "proxy": context.proxy or "",
        "timeout": f"{context.timeout:g}" if context.timeout is not None else "",
        "provider": context.provider or "",
    }
    return Source(values, dict.fromkeys(values, named))


def of_properties(found: ClientProperties, named: str) -> Source:
    """What a properties file tells."""
    values = {
        "bootstrap": found.bootstrap or "",
        "controllers": found.controllers or "",
        "timeout": f"{found.request_timeout_s:g}" if found.request_timeout_s is not None else "",
        "client_id": found.client_id or "",
    }
    return Source(values, dict.fromkeys(values, named))


def of_security(settings: SecuritySettings, named: str, prefix: str = "") -> list[Told]:
    """How we are let in, for the eyes: names and paths, never a secret."""
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
    return [Told(prefix + name, value, named) for name, value in rows if value]


def _place(store: object) -> str:
    if store is None:
        return ""
    return getattr(store, "path", None) or "in the file itself"
