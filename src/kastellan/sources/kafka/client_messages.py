"""How Kafka's own clients report what a probe has seen, so that a ticket can be matched with a layer.

The sentences are those of the Java client (org.apache.kafka.clients.NetworkClient and common.network) and of librdkafka
(rdkafka_broker.c, rdkafka_ssl.c, rdkafka_sasl.c) with the variable parts left out.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from kastellan.wire.tls.words import Fault, fault_of


class Failure(StrEnum):
    """What a client meets, as far as clients tell it apart."""

    UNRESOLVED = "unresolved"
    REFUSED = "refused"
    NO_ANSWER = "no answer to the connect"
    TLS_WANTED = "plaintext client on a TLS listener"
    TLS_NOT_SPOKEN = "TLS client on a plaintext listener"
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


_COULD_NOT = "Connection to node -1 (...) could not be established. Node may not be available."
_TERMINATED = (
    "Connection to node -1 (...) terminated during authentication. This may happen due to any of the following reasons: "
    "(1) Firewall blocking Kafka TLS traffic ..."
)
_VERIFY = "SSL handshake failed: ...certificate verify failed: broker certificate could not be verified"

_INVALID = "Authentication failed during authentication due to invalid credentials with SASL mechanism ..."

_SENTENCES: Final[dict[Failure, tuple[str, str]]] = {
    Failure.UNRESOLVED: (
        "Couldn't resolve server ... as DNS resolution failed; ConfigException: No resolvable bootstrap urls given",
        "Failed to resolve '...': Name or service not known",
    ),
    Failure.REFUSED: (_COULD_NOT, "Connect to ipv4#... failed: Connection refused (after ...ms in state CONNECT)"),
    Failure.NO_ANSWER: (
        f"{_COULD_NOT} Later: TimeoutException: Timed out waiting for a node assignment",
        "Connection setup timed out in state CONNECT",
    ),
    Failure.TLS_WANTED: (
        "Bootstrap broker ... (id: -1 rack: null) disconnected, again and again, with no other reason",
        "Disconnected while requesting ApiVersion: might be caused by incorrect security.protocol configuration",
    ),
    Failure.TLS_NOT_SPOKEN: (
        "SslAuthenticationException: SSL handshake failed ... Unsupported or unrecognized SSL message",
        "SSL handshake failed: ...wrong version number: (connecting to a PLAINTEXT broker listener?)",
    ),
    Failure.EXPIRED: (
        "SslAuthenticationException: SSL handshake failed ... CertificateExpiredException: NotAfter: ...",
        _VERIFY + " (certificate has expired)",
    ),
    Failure.UNKNOWN_ISSUER: (
        "SslAuthenticationException: SSL handshake failed ... PKIX path building failed",
        _VERIFY + ", verify that ssl.ca.location is correctly configured",
    ),
    Failure.OTHER_NAME: (
        "SslAuthenticationException: SSL handshake failed ... No subject alternative DNS name matching ... found",
        _VERIFY + " (hostname mismatch, ssl.endpoint.identification.algorithm)",
    ),
    Failure.CLIENT_CERTIFICATE: (
        "SslAuthenticationException: Failed to process post-handshake messages ... Received fatal alert: certificate_...",
        "SSL handshake failed: ...alert ...: SSL alert number 116 (or 42, 46)",
    ),
    Failure.SASL_WANTED: (
        f"{_TERMINATED} The broker logs: Unexpected Kafka request of type METADATA during SASL handshake",
        "Disconnected (after ...ms in state UP), again and again",
    ),
    Failure.NO_SASL: (
        "IllegalSaslStateException: Unexpected handshake request with client mechanism ..., enabled mechanisms are []",
        "SASL ... mechanism handshake failed: Broker: Request not valid in current SASL state",
    ),
    Failure.MECHANISM: (
        "UnsupportedSaslMechanismException: Client SASL mechanism '...' not enabled in the server, enabled mechanisms are [...]",
        "SASL ... mechanism handshake failed: Broker: Unsupported SASL mechanism: broker's supported mechanisms: ...",
    ),
    Failure.CREDENTIALS: (
        f"SaslAuthenticationException: {_INVALID}",
        f"SASL authentication error: {_INVALID}",
    ),
    Failure.ADVERTISED: (
        "Connection to node N (...) could not be established; then TimeoutException: Expiring ... record(s)",
        "Connect to ipv4#... failed in state CONNECT for that broker only; Local: Message timed out",
    ),
    Failure.NOT_KAFKA: (
        "InvalidReceiveException: Invalid receive (size = ...), or an OutOfMemoryError of a huge receive buffer",
        "Receive failed: Invalid response size ...: increase receive.message.max.bytes",
    ),
}


def sentences(failure: Failure | None) -> dict[str, str]:
    """What the Java client and librdkafka say, by client; empty where they say nothing of their own."""
    if failure is None:
        return {}
    java, librdkafka = _SENTENCES[failure]
    return {"java": java, "librdkafka": librdkafka}


_OF_TLS: Final = {
    Fault.EXPIRED: Failure.EXPIRED,
    Fault.UNKNOWN_ISSUER: Failure.UNKNOWN_ISSUER,
    Fault.OTHER_NAME: Failure.OTHER_NAME,
    Fault.CLIENT_CERTIFICATE: Failure.CLIENT_CERTIFICATE,
    Fault.NOT_TLS: Failure.TLS_NOT_SPOKEN,
}


def failure_of_tls(error: BaseException) -> Failure | None:
    """What a failed TLS handshake is to a client; None where it is none of those that clients tell apart."""
    return _OF_TLS.get(fault_of(error))
