"""Kafka's own client.properties: how a cluster is reached and how one is let in.

Values are never told in a message: a properties file is where passwords live. What is not carried out is listed by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from kastellan.config.java_properties import properties
from kastellan.config.logins import login_from
from kastellan.config.security import Protocol, SecuritySettings, Store, Tls
from kastellan.config.settings import Settings
from kastellan.kernel.errors import BadInput
from kastellan.kernel.secret import Secret

_MOST_BYTES: Final = 1024**2
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
"""Settings of Java's machinery, or of clients that stay for days: what they are for is had here without them."""

_VERSIONS: Final = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_STORE_TYPES: Final = frozenset({"PEM", "PKCS12", "JKS"})


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
    """What looks unintended, one sentence each."""

    def sentences(self, name: str) -> Iterator[str]:
        """What was not carried out of the file called `name`, by key and never by value."""
        if self.ignored:
            yield f"not used of {name}: {', '.join(self.ignored)}"
        if self.untranslated:
            yield f"not carried out of {name}, which a Java client would: {', '.join(self.untranslated)}"
        yield from self.notes


def client_properties(data: bytes, name: str) -> ClientProperties:
    """The properties in the bytes of a file called `name`.

    Raises BadInput for bytes that are no properties, and where what is written cannot let anybody in.
    """
    found = Settings(dict(properties(_text(data, name), name)), name)
    bootstrap, controllers = found.text("bootstrap.servers"), found.text("bootstrap.controllers")
    timeout_ms, client_id = found.milliseconds("request.timeout.ms"), found.text("client.id")
    protocol = _protocol(found)
    tls = _tls(found) if protocol is not Protocol.PLAINTEXT else Tls()
    login = login_from(found, tls.trust) if protocol.sasl else None
    notes = tuple(_notes(found, protocol))
    left = found.unused()
    untranslated = tuple(key for key in left if _matters(key, protocol))
    return ClientProperties(
        bootstrap=bootstrap,
        controllers=controllers,
        request_timeout_s=timeout_ms,
        client_id=client_id,
        security=SecuritySettings(protocol, tls if protocol.tls else Tls(), login),
        ignored=tuple(key for key in left if key not in untranslated),
        untranslated=untranslated,
        notes=notes,
    )


def _matters(key: str, protocol: Protocol) -> bool:
    """A setting of security that would have an effect here in a Java client."""
    if key in _WITHOUT_EFFECT:
        return False
    return key.startswith("security.") or (key.startswith("sasl.") and protocol.sasl) or (key.startswith("ssl.") and protocol.tls)


def _text(data: bytes, name: str) -> str:
    if len(data) > _MOST_BYTES:
        raise BadInput(f"{name} is larger than 1 MiB; give a client.properties file")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise BadInput(f"{name} is not text; give a client.properties file") from None


def _protocol(found: Settings) -> Protocol:
    text = found.text("security.protocol") or Protocol.PLAINTEXT
    try:
        return Protocol(text.upper())
    except ValueError:
        raise BadInput(f"{found.name} sets security.protocol to something that is not one of {', '.join(Protocol)}") from None


def _notes(found: Settings, protocol: Protocol) -> Iterator[str]:
    """A file with passwords in it that connects without them is mostly an oversight: tell it."""
    for what, used in (("sasl.", protocol.sasl), ("ssl.", protocol.tls)):
        keys = [key for key in found.keys if key.startswith(what) and key not in _WITHOUT_EFFECT]
        if keys and not used and not (what == "ssl." and found.has("sasl.oauthbearer.token.endpoint.url")):
            told = "not set, which is PLAINTEXT" if not found.has("security.protocol") else protocol
            yield f"security.protocol of {found.name} is {told}: its {what}* settings have no effect"


def _tls(found: Settings) -> Tls:
    names = found.raw("ssl.endpoint.identification.algorithm")
    return Tls(
        trust=_trust(found),
        identity=_identity(found),
        check_names=names is None or names.strip().lower() not in {"", "none"},
        versions=_versions(found),
    )


def _versions(found: Settings) -> tuple[str, ...]:
    text = found.text("ssl.enabled.protocols")
    if text is None:
        return Tls().versions
    named = tuple(each.strip() for each in text.split(",") if each.strip())
    unknown = [each for each in named if each not in _VERSIONS]
    if unknown or not named:
        raise BadInput(f"{found.name} sets ssl.enabled.protocols to something that is not among {', '.join(_VERSIONS)}")
    return named


def _trust(found: Settings) -> Store | None:
    _check_type(found, "ssl.truststore.type")
    text, path = found.secret("ssl.truststore.certificates"), found.text("ssl.truststore.location")
    password = found.secret("ssl.truststore.password")
    if text is None and path is None:
        return None
    key = "ssl.truststore.location" if path else "ssl.truststore.certificates"
    return Store(path, None if path else text, password, said=f"{key} of {found.name}")


def _identity(found: Settings) -> Store | None:
    _check_type(found, "ssl.keystore.type")
    path = found.text("ssl.keystore.location")
    key, chain = found.secret("ssl.keystore.key"), found.secret("ssl.keystore.certificate.chain")
    password, key_password = found.secret("ssl.keystore.password"), found.secret("ssl.key.password")
    if path is not None:
        return Store(path, None, password, key_password, f"ssl.keystore.location of {found.name}")
    if key is None and chain is None:
        return None
    if key is None or chain is None:
        there, missing = ("ssl.keystore.certificate.chain", "ssl.keystore.key")[:: 1 if key is None else -1]
        raise BadInput(f"{found.name} sets {there} without {missing}; a PEM identity needs both")
    both = Secret(key.reveal() + "\n" + chain.reveal())
    return Store(None, both, None, key_password, f"ssl.keystore.key of {found.name}")


def _check_type(found: Settings, key: str) -> None:
    kind = found.text(key)
    if kind is not None and kind.upper() not in _STORE_TYPES:
        raise BadInput(
            f"{found.name} sets {key} to a kind that Kastellan cannot read; convert the store with "
            "keytool -importkeystore -deststoretype PKCS12, or to PEM"
        )
