"""What a failed TLS handshake means, and what to do about it."""

from __future__ import annotations

import datetime as dt
import re
import ssl
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

_ALERT: Final = re.compile(r"^(?:SSLV3|TLSV1|TLSV13)_ALERT_|^TLSV13_|^TLSV1_")


class Meaning(NamedTuple):
    """The rest of a sentence that begins with the peer, and what to do about it."""

    reason: str
    remedy: str


_OLD_VERSION: Final = Meaning(
    "speaks none of the TLS versions that are enabled here", "check ssl.enabled.protocols on both sides"
)
_MEANING: Final = {
    "CERTIFICATE_REQUIRED": Meaning("wants a client certificate and none was sent", "set ssl.keystore.location"),
    "CERTIFICATE_EXPIRED": Meaning("says that our client certificate has expired", "renew the one in ssl.keystore.location"),
    "CERTIFICATE_REVOKED": Meaning("says that our client certificate is revoked", "renew the one in ssl.keystore.location"),
    "CERTIFICATE_UNKNOWN": Meaning(
        "does not accept our client certificate: it has expired, or its authority is not trusted there",
        "check ssl.keystore.location",
    ),
    "BAD_CERTIFICATE": Meaning("wants a client certificate and got none that it accepts", "check ssl.keystore.location"),
    "UNSUPPORTED_CERTIFICATE": Meaning("cannot use our certificate for a client", "check its key usage"),
    "UNKNOWN_CA": Meaning(
        "does not trust the authority of our client certificate", "add that authority to the broker's truststore"
    ),
    "ACCESS_DENIED": Meaning("refused our client certificate", "check who may connect to this listener"),
    "PROTOCOL_VERSION": _OLD_VERSION,
    "UNSUPPORTED_PROTOCOL": _OLD_VERSION,
    "HANDSHAKE_FAILURE": Meaning(
        "has no cipher in common with us, or wants a client certificate",
        "check the broker's ssl.cipher.suites and ssl.keystore.location",
    ),
    "INSUFFICIENT_SECURITY": Meaning("wants stronger ciphers than we have", "check the broker's ssl.cipher.suites"),
    "UNRECOGNIZED_NAME": Meaning("does not know the name by which it was called", "use a name that it serves"),
    "INTERNAL_ERROR": Meaning("failed inside its own TLS", "read its log"),
}
_OUR_CERTIFICATE: Final = frozenset(
    {"CERTIFICATE_REQUIRED", "CERTIFICATE_EXPIRED", "CERTIFICATE_REVOKED", "CERTIFICATE_UNKNOWN", "BAD_CERTIFICATE"}
    | {"UNSUPPORTED_CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED"}
)
_NOT_TLS: Final = frozenset(
    {
        *("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "UNEXPECTED_MESSAGE", "UNKNOWN_PROTOCOL"),
        "PACKET_LENGTH_TOO_LONG",
    }
)


class Fault(StrEnum):
    """The kinds of TLS failures that are distinguished."""

    EXPIRED = "expired"
    NOT_YET = "not valid yet"
    UNKNOWN_ISSUER = "unknown issuer"
    OTHER_NAME = "other name"
    CLIENT_CERTIFICATE = "client certificate"
    NOT_TLS = "not TLS"
    OTHER = "other"


def fault_of(error: BaseException) -> Fault:
    """What a failed handshake, or a complaint after it, is about."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _BY_CODE.get(error.verify_code, Fault.OTHER)
    reason = error.reason if isinstance(error, ssl.SSLError) and error.reason else ""
    if reason in _NOT_TLS or isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionError)):
        return Fault.NOT_TLS
    return Fault.CLIENT_CERTIFICATE if _ALERT.sub("", reason) in _OUR_CERTIFICATE else Fault.OTHER


class CertificateFacts(msgspec.Struct, frozen=True):
    """Subject, issuer, names and validity of a certificate; names are DNS names and addresses."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: dt.datetime
    not_after: dt.datetime


_BY_CODE: Final = {
    9: Fault.NOT_YET,
    10: Fault.EXPIRED,
    **dict.fromkeys((2, 18, 19, 20, 21), Fault.UNKNOWN_ISSUER),
    **dict.fromkeys((62, 64), Fault.OTHER_NAME),
}
"""OpenSSL's codes of a certificate that was refused (X509_V_ERR)."""


def certificate_facts(der: bytes) -> CertificateFacts | None:
    """The facts in a certificate (DER); None for bytes that are no certificate."""
    from cryptography import x509  # noqa: PLC0415

    try:
        certificate = x509.load_der_x509_certificate(der)
        names: tuple[str, ...] = ()
        for extension in certificate.extensions:
            if isinstance(extension.value, x509.SubjectAlternativeName):
                names_of = extension.value.get_values_for_type
                names = (*names_of(x509.DNSName), *map(str, names_of(x509.IPAddress)))
        subject, issuer = certificate.subject.rfc4514_string(), certificate.issuer.rfc4514_string()
    except ValueError:
        return None
    return CertificateFacts(subject, issuer, names, certificate.not_valid_before_utc, certificate.not_valid_after_utc)


def is_verdict_on_certificate(error: BaseException) -> bool:
    """The peer's certificate was refused here: looking at it says more."""
    return isinstance(error, ssl.SSLCertVerificationError)


def meaning(error: BaseException, name: str, peer: CertificateFacts | None, *, in_handshake: bool = True) -> Meaning:
    """What the error means. `name` is what the peer was called by, `peer` its certificate, if it was seen."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _verdict(error, name, peer)
    reason = error.reason if isinstance(error, ssl.SSLError) and error.reason else ""
    if reason in _NOT_TLS and in_handshake:
        return Meaning(
            "does not speak TLS",
            "something else listens on this port, or a plaintext listener: "
            "then use security.protocol PLAINTEXT or SASL_PLAINTEXT",
        )
    listed = _MEANING.get(_ALERT.sub("", reason))
    if listed is not None:
        return listed
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionError)) or not isinstance(error, ssl.SSLError):
        return Meaning(
            "closed the connection in the TLS handshake, as a plaintext listener does",
            "check the port, or use security.protocol PLAINTEXT or SASL_PLAINTEXT",
        )
    detail = reason.replace("_", " ").lower() or "no reason given"
    return Meaning(f"and this client found no way to speak TLS ({detail})", "compare ssl.* on both sides")


def _verdict(error: ssl.SSLCertVerificationError, name: str, peer: CertificateFacts | None) -> Meaning:
    fault = fault_of(error)
    if fault is Fault.EXPIRED:
        return _expiry(peer)
    if fault is Fault.NOT_YET:
        since = f" before {_day(peer.not_before)}" if peer is not None else " yet"
        return Meaning(f"presents a certificate that is not valid{since}", "check this machine's clock and the certificate")
    if fault is Fault.OTHER_NAME:
        return Meaning(
            f"presents a certificate for {_names(peer)}, and was called {name}",
            "advertise a name that the certificate has, "
            "or issue one with this name (ssl.endpoint.identification.algorithm= turns the check off)",
        )
    issuer = f" of {peer.issuer}" if peer is not None else ""
    if fault is Fault.UNKNOWN_ISSUER:
        return Meaning(
            f"presents a certificate{issuer}, whom nothing here trusts",
            "set ssl.truststore.location to a file with that authority's certificate",
        )
    return Meaning(f"presents a certificate{issuer} that does not hold: {error.verify_message}", "renew it")


def _expiry(peer: CertificateFacts | None) -> Meaning:
    if peer is None:
        return Meaning("presents a certificate that has expired", "renew it on the broker")
    if peer.not_after > dt.datetime.now(dt.UTC):
        return Meaning(f"presents a certificate whose authority ({peer.issuer}) has expired", "renew the authority's certificate")
    return Meaning(f"presents a certificate that expired on {_day(peer.not_after)} ({peer.subject})", "renew it on the broker")


def _names(peer: CertificateFacts | None) -> str:
    if peer is None:
        return "other names"
    return ", ".join(peer.names) if peer.names else f"no name but {peer.subject}"


def _day(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
