"""The settings of Kafka's admin client whose values Java checks when it reads the file, beside those that Kastellan reads itself.

From `AdminClientConfig` of Kafka 4.3; a test compares this table with the class.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, Literal

import msgspec

from kastellan.config.settings import Settings, integer, items

Kind = Literal["boolean", "short", "int", "long", "double", "choice", "choice of any case"]

_WIDTHS: Final[Mapping[str, int]] = {"short": 15, "int": 31, "long": 63}
_DOUBLE: Final = re.compile(r"[+-]?(NaN|Infinity|(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[fFdD]?)", re.ASCII)


class KeyType(msgspec.Struct, frozen=True):
    """What a value must be: its kind, its bounds, or the words there are."""

    kind: Kind
    lowest: float | None = None
    highest: float | None = None
    choices: tuple[str, ...] = ()

    def complaint(self, text: str) -> str | None:
        """What is wrong with a trimmed value, as the end of a sentence; None when Java takes it."""
        if self.kind == "boolean":
            return None if text.lower() in {"true", "false"} else "is neither true nor false"
        if self.kind == "choice":
            return None if text in self.choices else f"is not one of {', '.join(self.choices)}"
        if self.kind == "choice of any case":
            return None if text.upper() in self.choices else f"is not one of {', '.join(self.choices)}"
        number = _double(text) if self.kind == "double" else _integer(text, _WIDTHS[self.kind])
        if number is None:
            return "is no number" if self.kind == "double" else "is no whole number, or too large a one"
        if self.lowest is not None and number < self.lowest:
            return f"is below {self.lowest:g}"
        return f"is above {self.highest:g}" if self.highest is not None and number > self.highest else None


def _integer(text: str, bits: int) -> int | None:
    number = integer(text)
    return number if number is not None and -(2**bits) <= number < 2**bits else None


def _double(text: str) -> float | None:
    return float(text.rstrip("fFdD") if not text.endswith("Infinity") else text) if _DOUBLE.fullmatch(text) else None


def wrong_values(settings: Settings) -> Iterator[str]:
    """For each value that a Java client refuses: the key and what is wrong, as the end of a sentence without the value."""
    for key in settings.keys:
        rule = KEYS.get(key)
        complaint = rule.complaint(settings.peek(key)) if rule is not None else None
        if complaint is not None:
            yield f"{key} {complaint}"
        elif key in LISTS and "" in items(settings.peek(key)):
            yield f"{key} has an empty item between two commas"


_FROM_0: Final = KeyType("long", 0)
_ANY_INT: Final = KeyType("int")
_ANY_LONG: Final = KeyType("long")
KEYS: Final[Mapping[str, KeyType]] = {
    "client.dns.lookup": KeyType("choice", choices=("use_all_dns_ips", "resolve_canonical_bootstrap_servers_only")),
    "connections.max.idle.ms": _ANY_LONG,
    "default.api.timeout.ms": KeyType("int", 0),
    "enable.metrics.push": KeyType("boolean"),
    "metadata.max.age.ms": _FROM_0,
    "metadata.recovery.rebootstrap.trigger.ms": _FROM_0,
    "metadata.recovery.strategy": KeyType("choice of any case", choices=("REBOOTSTRAP", "NONE")),
    "metrics.num.samples": KeyType("int", 1),
    "metrics.recording.level": KeyType("choice", choices=("INFO", "DEBUG", "TRACE")),
    "metrics.sample.window.ms": _FROM_0,
    "receive.buffer.bytes": KeyType("int", -1),
    "reconnect.backoff.max.ms": _FROM_0,
    "reconnect.backoff.ms": _FROM_0,
    "retries": KeyType("int", 0, 2**31 - 1),
    "retry.backoff.max.ms": _FROM_0,
    "retry.backoff.ms": _FROM_0,
    "sasl.kerberos.min.time.before.relogin": _ANY_LONG,
    "sasl.kerberos.ticket.renew.jitter": KeyType("double"),
    "sasl.kerberos.ticket.renew.window.factor": KeyType("double"),
    "sasl.login.connect.timeout.ms": _ANY_INT,
    "sasl.login.read.timeout.ms": _ANY_INT,
    "sasl.login.refresh.buffer.seconds": KeyType("short", 0, 3_600),
    "sasl.login.refresh.min.period.seconds": KeyType("short", 0, 900),
    "sasl.login.refresh.window.factor": KeyType("double", 0.5, 1.0),
    "sasl.login.refresh.window.jitter": KeyType("double", 0.0, 0.25),
    "sasl.login.retry.backoff.max.ms": _ANY_LONG,
    "sasl.login.retry.backoff.ms": _ANY_LONG,
    "sasl.oauthbearer.assertion.algorithm": KeyType("choice of any case", choices=("ES256", "RS256")),
    "sasl.oauthbearer.assertion.claim.exp.seconds": KeyType("int", 0, 86_400),
    "sasl.oauthbearer.assertion.claim.jti.include": KeyType("boolean"),
    "sasl.oauthbearer.assertion.claim.nbf.seconds": KeyType("int", 0, 3_600),
    "sasl.oauthbearer.clock.skew.seconds": _ANY_INT,
    "sasl.oauthbearer.header.urlencode": KeyType("boolean"),
    "sasl.oauthbearer.jwks.endpoint.refresh.ms": _ANY_LONG,
    "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms": _ANY_LONG,
    "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms": _ANY_LONG,
    "send.buffer.bytes": KeyType("int", -1),
    "socket.connection.setup.timeout.max.ms": _ANY_LONG,
    "socket.connection.setup.timeout.ms": _ANY_LONG,
}
LISTS: Final = frozenset(
    {
        "bootstrap.controllers",
        "bootstrap.servers",
        "config.providers",
        "metric.reporters",
        "sasl.oauthbearer.expected.audience",
        "ssl.cipher.suites",
        "ssl.enabled.protocols",
    }
)
"""Comma-separated settings; an empty item among others is refused."""
OF_SECURITY: Final = frozenset(
    {
        "sasl.client.callback.handler.class",
        "sasl.jaas.config",
        "sasl.kerberos.kinit.cmd",
        "sasl.kerberos.min.time.before.relogin",
        "sasl.kerberos.service.name",
        "sasl.kerberos.ticket.renew.jitter",
        "sasl.kerberos.ticket.renew.window.factor",
        "sasl.login.callback.handler.class",
        "sasl.login.class",
        "sasl.login.connect.timeout.ms",
        "sasl.login.read.timeout.ms",
        "sasl.login.refresh.buffer.seconds",
        "sasl.login.refresh.min.period.seconds",
        "sasl.login.refresh.window.factor",
        "sasl.login.refresh.window.jitter",
        "sasl.login.retry.backoff.max.ms",
        "sasl.login.retry.backoff.ms",
        "sasl.mechanism",
        "sasl.oauthbearer.assertion.algorithm",
        "sasl.oauthbearer.assertion.claim.aud",
        "sasl.oauthbearer.assertion.claim.exp.seconds",
        "sasl.oauthbearer.assertion.claim.iss",
        "sasl.oauthbearer.assertion.claim.jti.include",
        "sasl.oauthbearer.assertion.claim.nbf.seconds",
        "sasl.oauthbearer.assertion.claim.sub",
        "sasl.oauthbearer.assertion.file",
        "sasl.oauthbearer.assertion.private.key.file",
        "sasl.oauthbearer.assertion.private.key.passphrase",
        "sasl.oauthbearer.assertion.template.file",
        "sasl.oauthbearer.client.credentials.client.id",
        "sasl.oauthbearer.client.credentials.client.secret",
        "sasl.oauthbearer.clock.skew.seconds",
        "sasl.oauthbearer.expected.audience",
        "sasl.oauthbearer.expected.issuer",
        "sasl.oauthbearer.header.urlencode",
        "sasl.oauthbearer.jwks.endpoint.refresh.ms",
        "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms",
        "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms",
        "sasl.oauthbearer.jwks.endpoint.url",
        "sasl.oauthbearer.jwt.retriever.class",
        "sasl.oauthbearer.jwt.validator.class",
        "sasl.oauthbearer.scope",
        "sasl.oauthbearer.scope.claim.name",
        "sasl.oauthbearer.sub.claim.name",
        "sasl.oauthbearer.token.endpoint.url",
        "security.protocol",
        "security.providers",
        "ssl.cipher.suites",
        "ssl.enabled.protocols",
        "ssl.endpoint.identification.algorithm",
        "ssl.engine.factory.class",
        "ssl.key.password",
        "ssl.keymanager.algorithm",
        "ssl.keystore.certificate.chain",
        "ssl.keystore.key",
        "ssl.keystore.location",
        "ssl.keystore.password",
        "ssl.keystore.type",
        "ssl.protocol",
        "ssl.provider",
        "ssl.secure.random.implementation",
        "ssl.trustmanager.algorithm",
        "ssl.truststore.certificates",
        "ssl.truststore.location",
        "ssl.truststore.password",
        "ssl.truststore.type",
    }
)
"""Every setting of security that an admin client has; another one with such a prefix has no effect in Java."""
