"""What Java reads in a PKCS12 store (RFC 7292) and the library does not show: several keys, aliases, trusted certificates.

The library checks the file and its password before; here only the bags are walked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

import msgspec

from kastellan.kernel.secret import SecretBytes
from kastellan.wire.tls.der import (
    CONTEXT_0,
    CONTEXT_0_CONSTRUCTED,
    INTEGER,
    OCTETS,
    SEQUENCE,
    DerError,
    Element,
    element_of,
    number,
    object_id,
)

_DATA, _ENCRYPTED_DATA = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.6"
_BAGS: Final = "1.2.840.113549.1.12.10.1."
_KEY_BAG, _SHROUDED_KEY_BAG, _CERTIFICATE_BAG = (f"{_BAGS}{kind}" for kind in (1, 2, 3))
_FRIENDLY_NAME, _LOCAL_KEY_ID = "1.2.840.113549.1.9.20", "1.2.840.113549.1.9.21"
_TRUSTED_KEY_USAGE: Final = "2.16.840.1.113894.746875.1.1"
"""Oracle's attribute, with which keytool marks a certificate as trusted; Java trusts no other."""
_PBES2, _PBKDF2 = "1.2.840.113549.1.5.13", "1.2.840.113549.1.5.12"
_SHA1_AND_3DES: Final = "1.2.840.113549.1.12.1.3"
_AES_BYTES: Final = {"2.16.840.1.101.3.4.1.2": 16, "2.16.840.1.101.3.4.1.22": 24, "2.16.840.1.101.3.4.1.42": 32}
_HASHES: Final = {
    f"1.2.840.113549.2.{last}": name for last, name in ((7, "sha1"), (8, "sha224"), (9, "sha256"), (10, "sha384"), (11, "sha512"))
}
_MOST_ITERATIONS: Final = 5_000_000
_BLOCK: Final = 64


class UnknownEncryption(ValueError):
    """A part of the store is encrypted in a way that is not read here."""


class KeyBag(msgspec.Struct, frozen=True):
    """A private key in PKCS#8, mostly encrypted, with its alias as Java makes it. It does not print."""

    alias: str
    der: SecretBytes
    encrypted: bool
    key_id: bytes | None


class CertificateBag(msgspec.Struct, frozen=True):
    """A certificate (DER); `trusted` when Java takes it for an authority."""

    der: bytes
    key_id: bytes | None
    trusted: bool


class Bags(msgspec.Struct, frozen=True):
    """The content of a store, in its order."""

    keys: tuple[KeyBag, ...]
    certificates: tuple[CertificateBag, ...]


def read_bags(data: bytes, password: str) -> Bags:
    """The content of a store that opens with its password.

    Raises UnknownEncryption where a part cannot be decrypted here, DerError for a shape that is not expected (BER).
    """
    store = element_of(data, SEQUENCE).children()
    keys: list[KeyBag] = []
    certificates: list[CertificateBag] = []
    unnamed = 0
    for part in element_of(_octets(store[1]), SEQUENCE).children():
        for bag in element_of(_content(part, password), SEQUENCE).children():
            kind, value, *more = bag.children()
            attributes: Mapping[str, Element] = _attributes(more[0]) if more else {}
            name = _name(attributes)
            body = value.of_tag(CONTEXT_0_CONSTRUCTED).children()[0]
            key_id = _key_id(attributes)
            bag_kind = object_id(kind)
            if bag_kind in {_KEY_BAG, _SHROUDED_KEY_BAG}:
                unnamed += name is None
                alias = (name if name is not None else str(unnamed)).lower()
                keys.append(KeyBag(alias, body.encoded, bag_kind == _SHROUDED_KEY_BAG, key_id))
            elif bag_kind == _CERTIFICATE_BAG:
                der = element_of(body.children()[1].of_tag(CONTEXT_0_CONSTRUCTED).content, OCTETS).content
                certificates.append(CertificateBag(bytes(der), key_id, _TRUSTED_KEY_USAGE in attributes))
    return Bags(tuple(keys), tuple(certificates))


def _octets(content_info: Element) -> bytes:
    """The content of a ContentInfo of kind data."""
    kind, content = content_info.children()
    if object_id(kind) != _DATA:
        raise DerError
    return element_of(content.of_tag(CONTEXT_0_CONSTRUCTED).content, OCTETS).content


def _content(part: Element, password: str) -> bytes:
    kind, content = part.children()
    if object_id(kind) != _ENCRYPTED_DATA:
        return _octets(part)
    _, info = element_of(content.of_tag(CONTEXT_0_CONSTRUCTED).content, SEQUENCE).children()[:2]
    _, algorithm, hidden = info.children()
    return _decrypt(algorithm, hidden.of_tag(CONTEXT_0).content, password)


def _attributes(element: Element) -> Mapping[str, Element]:
    pairs = [attribute.children() for attribute in element.children()]
    return {object_id(kind): values.children()[0] for kind, values in pairs if values.content}


def _name(attributes: Mapping[str, Element]) -> str | None:
    name = attributes.get(_FRIENDLY_NAME)
    return bytes(name.content).decode("utf-16-be", "replace") if name is not None else None


def _key_id(attributes: Mapping[str, Element]) -> bytes | None:
    key_id = attributes.get(_LOCAL_KEY_ID)
    return bytes(key_id.content) if key_id is not None else None


def _decrypt(algorithm: Element, hidden: bytes, password: str) -> bytes:
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES  # noqa: PLC0415  # slow to load, and needed by few
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: PLC0415
    from cryptography.hazmat.primitives.padding import PKCS7  # noqa: PLC0415

    name, parameters = algorithm.children()
    if object_id(name) == _PBES2:
        key, vector = _pbes2(parameters, password)
        cipher = algorithms.AES(key)
    elif object_id(name) == _SHA1_AND_3DES:
        salt, iterations = parameters.children()
        wide = (password + "\0").encode("utf-16-be")
        key, vector = (
            _derive(wide, salt.content, _check_iterations(number(iterations)), purpose, size)
            for purpose, size in ((1, 24), (2, 8))
        )
        cipher = TripleDES(key)
    else:
        raise UnknownEncryption
    decryptor = Cipher(cipher, modes.CBC(vector)).decryptor()
    padding = PKCS7(cipher.block_size).unpadder()
    return padding.update(decryptor.update(hidden) + decryptor.finalize()) + padding.finalize()


def _pbes2(parameters: Element, password: str) -> tuple[bytes, bytes]:
    """Key and initial vector of PBES2 with AES (RFC 8018)."""
    derivation, encryption = parameters.children()
    name, derived = derivation.children()
    cipher, vector = encryption.children()
    size = _AES_BYTES.get(object_id(cipher))
    if object_id(name) != _PBKDF2 or size is None:
        raise UnknownEncryption
    salt, iterations, *more = derived.children()
    function = "sha1"
    for element in more:
        if element.tag != INTEGER:
            function = _HASHES.get(object_id(element.children()[0]), "")
    if not function:
        raise UnknownEncryption
    key = hashlib.pbkdf2_hmac(
        function, password.encode(), salt.of_tag(OCTETS).content, _check_iterations(number(iterations)), size
    )
    return key, vector.of_tag(OCTETS).content


def _check_iterations(iterations: int) -> int:
    if not 1 <= iterations <= _MOST_ITERATIONS:
        raise UnknownEncryption
    return iterations


def _derive(password: bytes, salt: bytes, iterations: int, purpose: int, size: int) -> bytes:
    """RFC 7292, appendix B.2, with SHA-1: purpose 1 makes a key, 2 an initial vector."""
    diversifier = bytes((purpose,)) * _BLOCK
    mixed = bytearray(_stretch(salt) + _stretch(password))
    out = b""
    while len(out) < size:
        block = diversifier + mixed
        for _ in range(iterations):
            block = hashlib.sha1(block).digest()  # noqa: S324  # the format's own
        out += block
        added = int.from_bytes(_stretch(block), "big") + 1
        for at in range(0, len(mixed), _BLOCK):
            total = (int.from_bytes(mixed[at : at + _BLOCK], "big") + added) % (1 << 8 * _BLOCK)
            mixed[at : at + _BLOCK] = total.to_bytes(_BLOCK, "big")
    return out[:size]


def _stretch(data: bytes) -> bytes:
    """The data again and again, up to the next whole block."""
    size = -(-len(data) // _BLOCK) * _BLOCK
    return (data * (size // len(data) + 1))[:size] if data else b""
