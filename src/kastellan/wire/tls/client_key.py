"""Which of several keys is presented to a broker: Java's choice, by the issuers that the broker names in its CertificateRequest.

Python's `ssl` cannot choose within a handshake, but reports its messages: when the request comes in, the connection gets the
context that holds the chosen key, before our own certificate is sent.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from kastellan.wire.tls.der import SEQUENCE, DerError, element_of
from kastellan.wire.tls.stores import Identity

_CERTIFICATE_REQUEST: Final = 13
_TLS_1_3: Final = 0x0304
_SIGNATURE_ALGORITHMS, _CERTIFICATE_AUTHORITIES = 13, 47
"""Extensions of RFC 8446."""
_KEY_TYPES: Final = {
    **dict.fromkeys((0x0203, 0x0303, 0x0403, 0x0503, 0x0603), "EC"),
    **dict.fromkeys((0x0807, 0x0808), "EdDSA"),
    **dict.fromkeys((0x0201, 0x0301, 0x0401, 0x0501, 0x0601, 0x0804, 0x0805, 0x0806), "RSA"),
    **dict.fromkeys((0x0809, 0x080A, 0x080B), "RSASSA-PSS"),
    **dict.fromkeys((0x0202, 0x0302, 0x0402), "DSA"),
}
"""TLS signature schemes by the name that Java has for their keys."""
_LEAST_TABLE: Final = 16


class CertificateRequest(msgspec.Struct, frozen=True):
    """What a broker asks for: issuers (DER names; none: any) and kinds of keys, the preferred first."""

    issuers: tuple[bytes, ...]
    key_types: tuple[str, ...]


class Candidate(msgspec.Struct, frozen=True):
    """A key by what decides about it: its alias, the kind of key as Java calls it, the issuers (DER) of its whole chain."""

    alias: str
    key_type: str
    issuers: frozenset[bytes]


def candidate_of(identity: Identity) -> Candidate:
    """What decides about a key."""
    from cryptography import x509  # noqa: PLC0415  # slow to load, and needed by few
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519  # noqa: PLC0415

    chain = [x509.load_der_x509_certificate(der) for der in identity.certificates]
    key = chain[0].public_key()
    kinds = {
        ec.EllipticCurvePublicKey: "EC",
        dsa.DSAPublicKey: "DSA",
        ed25519.Ed25519PublicKey: "EdDSA",
        ed448.Ed448PublicKey: "EdDSA",
    }
    key_type = next((name for kind, name in kinds.items() if isinstance(key, kind)), "RSA")
    return Candidate(identity.alias, key_type, frozenset(certificate.issuer.public_bytes() for certificate in chain))


def choose_key(candidates: Sequence[Candidate], request: CertificateRequest) -> str | None:
    """The alias of the key that a Java client presents (SunX509KeyManagerImpl); None: it presents none."""
    for key_type in request.key_types:
        for candidate in java_order(candidates):
            if candidate.key_type == key_type and (not request.issuers or candidate.issuers & set(request.issuers)):
                return candidate.alias
    return None


def java_order(candidates: Sequence[Candidate]) -> list[Candidate]:
    """In the order in which a `java.util.HashMap` with their aliases is walked."""
    size = _LEAST_TABLE
    while len(candidates) > size * 3 // 4:
        size *= 2
    return sorted(candidates, key=lambda candidate: _hash(candidate.alias) & (size - 1))


def _hash(text: str) -> int:
    value = 0
    wide = text.encode("utf-16-be", "surrogatepass")
    for at in range(0, len(wide), 2):
        value = (31 * value + int.from_bytes(wide[at : at + 2], "big")) & 0xFFFFFFFF
    return value ^ value >> 16


def certificate_request(message: bytes, version: int) -> CertificateRequest:
    """The content of a CertificateRequest message, its handshake head included. Raises DerError for one that is garbled."""
    try:
        reader = _Reader(message[4:])
        return _request_1_3(reader) if version >= _TLS_1_3 else _request_1_2(reader)
    except IndexError:
        raise DerError from None


def _request_1_2(reader: _Reader) -> CertificateRequest:
    reader.vector(1)
    schemes = reader.vector(2)
    return CertificateRequest(_issuers(reader.vector(2)), _types(schemes))


def _request_1_3(reader: _Reader) -> CertificateRequest:
    reader.vector(1)
    issuers, types = tuple[bytes, ...](), tuple[str, ...]()
    extensions = _Reader(reader.vector(2))
    while not extensions.is_at_end:
        kind, content = extensions.number(2), _Reader(extensions.vector(2))
        if kind == _SIGNATURE_ALGORITHMS:
            types = _types(content.vector(2))
        elif kind == _CERTIFICATE_AUTHORITIES:
            issuers = _issuers(content.vector(2))
    return CertificateRequest(issuers, types)


def _types(schemes: bytes) -> tuple[str, ...]:
    numbers = [int.from_bytes(schemes[at : at + 2], "big") for at in range(0, len(schemes), 2)]
    return tuple(dict.fromkeys(_KEY_TYPES[number] for number in numbers if number in _KEY_TYPES))


def _issuers(names: bytes) -> tuple[bytes, ...]:
    reader = _Reader(names)
    issuers: list[bytes] = []
    while not reader.is_at_end:
        issuers.append(element_of(reader.vector(2), SEQUENCE).encoded)
    return tuple(issuers)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    @property
    def is_at_end(self) -> bool:
        return self._at >= len(self._data)

    def take(self, count: int) -> bytes:
        if self._at + count > len(self._data):
            raise IndexError
        self._at += count
        return self._data[self._at - count : self._at]

    def number(self, width: int) -> int:
        return int.from_bytes(self.take(width), "big")

    def vector(self, width: int) -> bytes:
        """Bytes with their length before them."""
        return self.take(self.number(width))


def present_the_chosen(context: ssl.SSLContext, keys: Mapping[str, tuple[Identity, ssl.SSLContext]]) -> None:
    """Let connections of this context present the key that fits the broker, out of several: by alias the key and its context."""
    candidates = [candidate_of(identity) for identity, _ in keys.values()]

    def on_message(  # the shape is that of `ssl`
        connection: ssl.SSLObject, direction: str, version: int, _: int, message_type: int, data: bytes
    ) -> None:
        if direction != "read" or message_type != _CERTIFICATE_REQUEST:
            return
        try:
            alias = choose_key(candidates, certificate_request(data, version))
        except DerError:
            return
        if alias is not None:
            connection.context = keys[alias][1]

    # The standard library's hook for debuggers: no documented one sees the request before our certificate is sent.
    context._msg_callback = on_message  # noqa: SLF001  # pyright: ignore[reportAttributeAccessIssue]
