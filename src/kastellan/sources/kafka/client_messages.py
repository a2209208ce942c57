"""How Kafka's own clients report what a probe has seen, so that a ticket can be matched with a layer.

The sentences of the Java client are those of its admin client 4.3 on Java 17, against Kafka 4.3; a test lets the client say them.
"..." stands for a variable part, "; then" for what follows. Those of librdkafka are of 2.x (rdkafka_broker.c, rdkafka_ssl.c,
rdkafka_sasl.c).
"""

from __future__ import annotations

import ssl
from enum import StrEnum
from typing import Final

from kastellan.wire.tls.handshake_errors import Fault, fault_of


class Failure(StrEnum):
    """What a client meets, as far as clients tell it apart."""

    UNRESOLVED = "unresolved"
    REFUSED = "refused"
    NO_ANSWER = "no answer to the connect"
    TLS_WANTED = "plaintext client on a TLS listener"
    TLS_NOT_SPOKEN = "TLS client on a plaintext listener"
    NOT_TLS = "TLS client on something else than Kafka"
    EXPIRED = "expired certificate"
    UNKNOWN_ISSUER = "issuer not trusted"
    OTHER_NAME = "name not in the certificate"
    CLIENT_CERTIFICATE = "client certificate refused or missing"
    SASL_WANTED = "no login on a SASL listener"
    NO_SASL = "login on a listener without SASL"
    MECHANISM = "mechanism not offered"
    CREDENTIALS = "credentials refused"
    ADVERTISED = "advertised address out of reach"
    NOT_KAFKA = "not Kafka"


_COULD_NOT = "Connection to node ... could not be established. Node may not be available."
_NOBODY = "; then TimeoutException: Timed out waiting for a node assignment."
_OUT_OF_MEMORY = "OutOfMemoryError: Java heap space; then TimeoutException: The AdminClient thread has exited."
"""The first four bytes of what is no Kafka answer are read as its size: 352 MB of a TLS alert, 1.2 GB of HTTP."""
_DISCONNECTED = f"Node -1 disconnected.{_NOBODY}"
_VERIFY = "SSL handshake failed: ...certificate verify failed: broker certificate could not be verified"

_SENTENCES: Final[dict[Failure, tuple[str, str]]] = {
    Failure.UNRESOLVED: (
        (
            "Couldn't resolve server ... from bootstrap.servers as DNS resolution failed for ...; then ConfigException: "
            "No resolvable bootstrap urls given in bootstrap.servers"
        ),
        "Failed to resolve '...': Name or service not known",
    ),
    Failure.REFUSED: (
        f"{_COULD_NOT}{_NOBODY}",
        "Connect to ipv4#... failed: Connection refused (after ...ms in state CONNECT)",
    ),
    Failure.NO_ANSWER: (
        f"Disconnecting from node -1 due to socket connection setup timeout.{_NOBODY}",
        "Connection setup timed out in state CONNECT",
    ),
    Failure.TLS_WANTED: (
        f"{_OUT_OF_MEMORY}; or, with a heap beyond 352 MB, {_DISCONNECTED}",
        "Disconnected while requesting ApiVersion: might be caused by incorrect security.protocol configuration",
    ),
    Failure.TLS_NOT_SPOKEN: (
        (
            "Connection to node -1 ... terminated during authentication. This may happen due to any of the following reasons: "
            f"(1) Firewall blocking Kafka TLS traffic ...{_NOBODY}"
        ),
        "SSL handshake failed: Disconnected: SSL connection closed by peer: connecting to a PLAINTEXT broker listener?",
    ),
    Failure.NOT_TLS: (
        "SslAuthenticationException: SSL handshake failed; then SSLException: Unrecognized SSL message, plaintext connection?",
        "SSL handshake failed: error:...wrong version number",
    ),
    Failure.EXPIRED: (
        "SslAuthenticationException: SSL handshake failed; then CertificateExpiredException: NotAfter: ...",
        _VERIFY,
    ),
    Failure.UNKNOWN_ISSUER: (
        "SslAuthenticationException: SSL handshake failed; then SSLHandshakeException: PKIX path building failed: ...",
        f"{_VERIFY}, verify that ssl.ca.location is correctly configured",
    ),
    Failure.OTHER_NAME: (
        ("SslAuthenticationException: SSL handshake failed; then SSLHandshakeException: No subject alternative ... found"),
        _VERIFY,
    ),
    Failure.CLIENT_CERTIFICATE: (
        (
            "SslAuthenticationException: Failed to process post-handshake messages; then SSLHandshakeException: Received fatal "
            "alert: ..."
        ),
        "SSL handshake failed: ...alert ...: SSL alert number 116 (or 42, 46)",
    ),
    Failure.SASL_WANTED: (_DISCONNECTED, "Disconnected (after ...ms in state UP), again and again"),
    Failure.NO_SASL: (
        "IllegalSaslStateException: Unexpected handshake request with client mechanism ..., enabled mechanisms are []",
        "SASL ... mechanism handshake failed: Broker: Request not valid in current SASL state",
    ),
    Failure.MECHANISM: (
        "UnsupportedSaslMechanismException: Client SASL mechanism '...' not enabled in the server, enabled mechanisms are [...]",
        "SASL ... mechanism handshake failed: Broker: Unsupported SASL mechanism: broker's supported mechanisms: ...",
    ),
    Failure.ADVERTISED: (
        f"{_COULD_NOT}{_NOBODY}; or, of a producer, TimeoutException: Expiring ... record(s) for ...",
        "Connect to ipv4#... failed in state CONNECT for that broker only; Local: Message timed out",
    ),
    Failure.NOT_KAFKA: (_OUT_OF_MEMORY, "Receive failed: Invalid response size ...: increase receive.message.max.bytes"),
}

_SCRAM: Final = "Authentication failed during authentication due to invalid credentials with SASL mechanism {mechanism}"
_REFUSED_LOGIN: Final = {
    "PLAIN": "Authentication failed: Invalid username or password",
    "SCRAM-SHA-256": _SCRAM,
    "SCRAM-SHA-512": _SCRAM,
    "OAUTHBEARER": '{{"status":"invalid_token"}}',
}
"""What brokers answer to credentials that they do not accept, by mechanism; both clients pass it on."""


def sentences(failure: Failure | None, mechanism: str = "") -> dict[str, str]:
    """What the Java client and librdkafka say, by client; empty where they say nothing of their own.

    `mechanism` is that of a login that was refused.
    """
    if failure is None:
        return {}
    if failure is Failure.CREDENTIALS:
        answer = _REFUSED_LOGIN.get(mechanism, "Authentication failed ...").format(mechanism=mechanism)
        return {"java": f"SaslAuthenticationException: {answer}", "librdkafka": f"SASL authentication error: {answer}"}
    java, librdkafka = _SENTENCES[failure]
    return {"java": java, "librdkafka": librdkafka}


_OF_TLS: Final = {
    Fault.EXPIRED: Failure.EXPIRED,
    Fault.UNKNOWN_ISSUER: Failure.UNKNOWN_ISSUER,
    Fault.OTHER_NAME: Failure.OTHER_NAME,
    Fault.CLIENT_CERTIFICATE: Failure.CLIENT_CERTIFICATE,
    Fault.NOT_TLS: Failure.NOT_TLS,
}


def failure_of_tls(error: BaseException) -> Failure | None:
    """What a failed TLS handshake is to a client; None where it is none of those that clients tell apart."""
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionError)):
        return Failure.TLS_NOT_SPOKEN  # a Kafka listener without TLS takes the handshake for a request of 369 MB, and closes
    return _OF_TLS.get(fault_of(error))
