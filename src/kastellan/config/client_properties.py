"""Kafka's own client.properties: how a cluster is reached and how a client proves itself, as a Java client reads it.

No message holds a value: a properties file is where passwords live. What is not carried out is listed by name. Where a Java
client refuses what Kastellan can still serve, a note says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from kastellan.config.admin_client_keys import OF_SECURITY, wrong_values
from kastellan.config.config_providers import Surroundings, resolve_references
from kastellan.config.dialects import dialect, other_format
from kastellan.config.java_properties import Property, properties
from kastellan.config.logins import login_from
from kastellan.config.security import OAuthLogin, Protocol, SecuritySettings, Tls
from kastellan.config.settings import JAVA_BLANKS, Settings
from kastellan.config.tls_settings import tls_from, trust_from
from kastellan.kernel.errors import BadInput

_MOST_BYTES: Final = 1024**2
_BOM: Final = b"\xef\xbb\xbf"
_CONTROL: Final = re.compile(r"[\t\n\r\f]")
_WITHOUT_EFFECT: Final = frozenset(
    {
        "ssl.protocol",  # the versions say more
        "ssl.keymanager.algorithm",
        "ssl.trustmanager.algorithm",
        "ssl.provider",
        "ssl.secure.random.implementation",
        "sasl.kerberos.kinit.cmd",
        "sasl.kerberos.min.time.before.relogin",
        "sasl.kerberos.ticket.renew.jitter",
        "sasl.kerberos.ticket.renew.window.factor",
        "sasl.login.refresh.buffer.seconds",
        "sasl.login.refresh.min.period.seconds",
        "sasl.login.refresh.window.factor",
        "sasl.login.refresh.window.jitter",
        "sasl.login.retry.backoff.max.ms",
        "sasl.login.retry.backoff.ms",
    }
)
"""Settings of Java's own machinery, or of clients that run for days: they change nothing for a short-lived client."""


class ClientProperties(msgspec.Struct, frozen=True, kw_only=True):
    """What was taken from the file, and the names of the keys that were not."""

    bootstrap: str | None = None
    controllers: str | None = None
    request_timeout_s: float | None = None
    client_id: str | None = None
    security: SecuritySettings = SecuritySettings()
    ignored: tuple[str, ...] = ()
    """Keys that do not concern a client that looks, or have no meaning outside Java."""
    untranslated: tuple[str, ...] = ()
    """Keys of security that Kastellan cannot carry out."""
    notes: tuple[str, ...] = ()
    """What looks unintended, and what a Java client refuses, one sentence each."""

    def sentences(self, name: str) -> Iterator[str]:
        """What was not carried out of the file called `name`, by key and never by value."""
        if self.ignored:
            yield f"not used of {name}: {', '.join(self.ignored)}"
        if self.untranslated:
            yield f"not carried out of {name}, which a Java client would: {', '.join(self.untranslated)}"
        yield from self.notes


def client_properties(data: bytes, name: str, surroundings: Surroundings | None = None) -> ClientProperties:
    """The properties in the bytes of a file called `name`; `surroundings` is what references may point to.

    Raises BadInput for bytes that are no properties, for a file of another client, and for settings with which no
    login is possible.
    """
    pairs = list(properties(_text(data, name), name))
    values = {pair.key: pair.value for pair in pairs}
    other = dialect(values)
    if other is not None:
        raise BadInput(other.sentence(name))
    resolved = resolve_references(values, name, surroundings or Surroundings())
    settings = Settings(resolved.values, name, resolved.failures)
    for sentence in _oddities(data, pairs, name):
        settings.note(sentence)
    taken = _read(settings)
    unused = settings.unused_keys()
    untranslated = tuple(key for key in unused if _matters(key, taken.security.protocol))
    for complaint in wrong_values(settings):
        settings.java_refuses(complaint)
    return msgspec.structs.replace(
        taken,
        ignored=tuple(key for key in unused if key not in untranslated and not _is_provider(key)),
        untranslated=untranslated,
        notes=settings.notes,
    )


def _read(settings: Settings) -> ClientProperties:
    bootstrap, controllers = settings.text("bootstrap.servers"), settings.text("bootstrap.controllers")
    timeout_s, client_id = settings.duration_s("request.timeout.ms"), settings.text("client.id")
    if timeout_s == 0:
        settings.note(
            f"request.timeout.ms of {settings.name} is 0, with which every request of a Java client ends at once; "
            "it is not used here, raise it"
        )
    protocol = _protocol(settings)
    tls = tls_from(settings) if protocol.tls else Tls()
    login = login_from(settings, tls.trust) if protocol.sasl else None
    if isinstance(login, OAuthLogin) and not protocol.tls:
        # The issuer of tokens is trusted by the same store, also where brokers are met in plain text.
        login = msgspec.structs.replace(login, trust=trust_from(settings))
    for sentence in _security_without_effect(settings, protocol):
        settings.note(sentence)
    return ClientProperties(
        bootstrap=bootstrap,
        controllers=controllers,
        request_timeout_s=timeout_s or None,
        client_id=client_id,
        security=SecuritySettings(protocol, tls, login),
    )


def _matters(key: str, protocol: Protocol) -> bool:
    """A setting of security that would have an effect here in a Java client."""
    if key in _WITHOUT_EFFECT or key not in OF_SECURITY:
        return False
    return key.startswith("security.") or (key.startswith("sasl.") and protocol.sasl) or (key.startswith("ssl.") and protocol.tls)


def _is_provider(key: str) -> bool:
    return key == "config.providers" or key.startswith("config.providers.")


def _text(data: bytes, name: str) -> str:
    """Java reads properties as Latin-1, whatever they are written in."""
    if len(data) > _MOST_BYTES:
        raise BadInput(f"{name} is larger than 1 MiB; give a client.properties file")
    fault = other_format(data)
    if fault is not None:
        raise BadInput(f"{name} {fault}")
    return data.removeprefix(_BOM).decode("latin-1")


def _protocol(settings: Settings) -> Protocol:
    text = settings.text_or_refused("security.protocol") or Protocol.PLAINTEXT
    try:
        return Protocol(text.upper())
    except ValueError:
        raise BadInput(
            f"{settings.name} sets security.protocol to something that is not one of {', '.join(Protocol)}; correct it"
        ) from None


def _oddities(data: bytes, pairs: list[Property], name: str) -> Iterator[str]:
    """What is read as Java reads it, and most likely not meant so."""
    if data.startswith(_BOM):
        yield (
            f"{name} begins with a byte order mark, which Java takes for a part of the first key and Kastellan leaves out; "
            "save it as UTF-8 without BOM"
        )
    by_key: Mapping[str, Property] = {pair.key: pair for pair in pairs}
    for key, pair in by_key.items():
        if not key.startswith(("ssl.", "sasl.", "client.id")):
            continue
        if key.endswith(".location") and _CONTROL.search(pair.value.strip(JAVA_BLANKS)):
            yield (
                f"{key} of {name} has a backslash that Java takes for the beginning of an escape like \\t or \\n; "
                "write the path with / or with two backslashes"
            )
        elif pair.loses_backslash:
            yield f"{key} of {name} has a single backslash, which Java drops; write two where one is meant (a path may use /)"
        if _is_utf8(pair.value):
            yield (
                f"{key} of {name} is written in UTF-8, and Java reads properties as Latin-1: other characters are sent "
                "than you see, by Kastellan too; write them as \\uXXXX"
            )


def _is_utf8(text: str) -> bool:
    """Whether characters beyond ASCII were UTF-8 before Java took each byte for one of them."""
    if text.isascii():
        return False
    try:
        text.encode("latin-1").decode()
    except UnicodeError:
        return False
    return True


def _security_without_effect(settings: Settings, protocol: Protocol) -> Iterator[str]:
    """A file with passwords in it that connects without them is mostly an oversight."""
    for prefix, used in (("sasl.", protocol.sasl), ("ssl.", protocol.tls)):
        keys = [key for key in settings.keys if key.startswith(prefix) and key not in _WITHOUT_EFFECT]
        if keys and not used and not (prefix == "ssl." and settings.has("sasl.oauthbearer.token.endpoint.url")):
            state = "not set, which is PLAINTEXT" if not settings.has("security.protocol") else protocol
            yield f"security.protocol of {settings.name} is {state}: its {prefix}* settings have no effect"
