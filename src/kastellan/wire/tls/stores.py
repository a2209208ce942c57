"""Certificates and keys out of the files that people have: PEM, PKCS12 and JKS, told apart by their content.

`ssl` takes PEM and DER only, and a private key only from a file: whatever was decrypted here goes to it through memory.
"""

from __future__ import annotations

import base64
import binascii
import re
from pathlib import Path
from typing import Final

import msgspec

from kastellan.config.security import Store
from kastellan.kernel.errors import BadInput
from kastellan.kernel.secret import Secret
from kastellan.wire.tls import jks

_MOST_BYTES: Final = 16 * 1024**2
_BLOCK: Final = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_CERTIFICATE: Final = frozenset({"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"})
_DER_SEQUENCE: Final = 0x30
_LINE: Final = 64


class Identity(msgspec.Struct, frozen=True):
    """A private key and its chain, as PEM; `password` opens the key when it is still encrypted."""

    key: Secret
    chain: str
    password: Secret | None
    first: bytes
    """The key's own certificate, DER."""


def trusted(store: Store) -> tuple[bytes, ...]:
    """The certificates of a store, DER. Raises BadInput when it cannot be read or holds none."""
    data = _content(store)
    if data.startswith(jks.MAGIC):
        content = _jks(data, store)
        found = content.certificates + tuple(each.chain[0] for each in content.keys if each.chain)
    elif data[:1] == bytes((_DER_SEQUENCE,)):
        found = _der_certificates(data, store)
    else:
        found = _pem_certificates(_text(data, store), store)
    if not found:
        raise BadInput(f"{_named(store)} holds no certificate; give a PEM, PKCS12 or JKS file with the authority's certificate")
    return found


def identity(store: Store) -> Identity:
    """The private key of a store with its chain. Raises BadInput when it cannot be read or holds none."""
    data = _content(store)
    if data.startswith(jks.MAGIC):
        return _jks_identity(data, store)
    if data[:1] == bytes((_DER_SEQUENCE,)):
        return _pkcs12_identity(data, store)
    return _pem_identity(_text(data, store), store)


def to_pem(label: str, der: bytes) -> str:
    """DER as PEM text."""
    text = base64.b64encode(der).decode()
    lines = [text[at : at + _LINE] for at in range(0, len(text), _LINE)]
    return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""))


def _named(store: Store) -> str:
    return f"{store.path} ({store.place})" if store.path else store.place


def _content(store: Store) -> bytes:
    if store.path is None:
        return store.text.reveal().encode() if store.text is not None else b""
    try:
        path = Path(store.path)
        if path.stat().st_size > _MOST_BYTES:
            raise BadInput(f"{_named(store)} is larger than 16 MiB; give a file of certificates")
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(f"cannot read {_named(store)}: {error.strerror or error}; correct the path or the rights") from None
    if data.startswith(jks.JCEKS_MAGIC):
        raise BadInput(
            f"{_named(store)} is a JCEKS store, which Kastellan cannot read; convert it with "
            "keytool -importkeystore -deststoretype PKCS12"
        )
    return data


def _text(data: bytes, store: Store) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = ""
    if "-----BEGIN " not in text:
        raise BadInput(f"{_named(store)} is neither PEM nor PKCS12 nor JKS; give one of these")
    return text


def _pem_blocks(text: str, store: Store) -> list[tuple[str, bytes, str]]:
    """Label, DER (empty for a legacy block with headers) and the text of each block. One line or many: both are taken."""
    found: list[tuple[str, bytes, str]] = []
    for match in _BLOCK.finditer(text):
        label, body = match.group(1), match.group(2)
        der = b""
        if ":" not in body:
            try:
                der = base64.b64decode("".join(body.split()), validate=True)
            except binascii.Error:
                raise BadInput(f"{_named(store)} has a broken {label} block; write the file anew") from None
        found.append((label, der, match.group(0)))
    return found


def _pem_certificates(text: str, store: Store) -> tuple[bytes, ...]:
    return tuple(der for label, der, _ in _pem_blocks(text, store) if label in _CERTIFICATE)


def _pem_identity(text: str, store: Store) -> Identity:
    blocks = _pem_blocks(text, store)
    keys = [(label, der, whole) for label, der, whole in blocks if label.endswith("PRIVATE KEY")]
    chain = tuple(der for label, der, _ in blocks if label in _CERTIFICATE)
    if not keys or not chain:
        missing = "private key" if not keys else "certificate"
        raise BadInput(f"{_named(store)} holds no {missing}; a client identity is a key with its certificate chain")
    label, der, whole = keys[0]
    password = store.key_password or store.password
    if (label.startswith("ENCRYPTED") or "ENCRYPTED" in whole) and password is None:
        raise BadInput(f"{_named(store)} holds an encrypted key and there is no ssl.key.password; add it")
    key = to_pem(label, der) if der else whole + "\n"
    return Identity(Secret(key), "".join(to_pem("CERTIFICATE", each) for each in chain), password, chain[0])


def _jks(data: bytes, store: Store) -> jks.Jks:
    try:
        return jks.read_jks(data, store.password.reveal() if store.password is not None else None)
    except jks.JksError as error:
        raise BadInput(f"{_named(store)} {error}") from None


def _jks_identity(data: bytes, store: Store) -> Identity:
    content = _jks(data, store)
    password = store.key_password or store.password
    if not content.keys or not content.keys[0].chain:
        raise BadInput(f"{_named(store)} holds no key with a certificate; a client identity is both")
    if password is None:
        raise BadInput(f"{_named(store)} holds a key and there is no ssl.keystore.password; add it")
    entry = content.keys[0]
    try:
        key = entry.key(password.reveal())
    except jks.JksError as error:
        raise BadInput(f"{_named(store)} {error}") from None
    return Identity(
        Secret(to_pem("PRIVATE KEY", key)), "".join(to_pem("CERTIFICATE", each) for each in entry.chain), None, entry.chain[0]
    )


def _pkcs12(data: bytes, store: Store):  # noqa: ANN202  # the library's type, loaded only here
    from cryptography.hazmat.primitives.serialization import pkcs12  # noqa: PLC0415

    password = store.password.reveal().encode() if store.password is not None else None
    try:
        return pkcs12.load_pkcs12(data, password)
    except ValueError as error:
        told = str(error).lower()
        if "password" in told or "mac" in told:
            given = "does not open with its password" if password is not None else "needs a password; add it"
            raise BadInput(f"{_named(store)} {given}") from None
        raise BadInput(f"{_named(store)} is no PKCS12 store that can be read; write it anew with keytool or openssl") from None


def _der_certificates(data: bytes, store: Store) -> tuple[bytes, ...]:
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415

    try:
        return (x509.load_der_x509_certificate(data).public_bytes(Encoding.DER),)
    except ValueError:
        pass
    content = _pkcs12(data, store)
    found = [each.certificate for each in content.additional_certs]
    if content.cert is not None:
        found.insert(0, content.cert.certificate)
    return tuple(each.public_bytes(Encoding.DER) for each in found)


def _pkcs12_identity(data: bytes, store: Store) -> Identity:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat  # noqa: PLC0415

    content = _pkcs12(data, store)
    if content.key is None or content.cert is None:
        raise BadInput(f"{_named(store)} holds no key with a certificate; a client identity is both")
    key = content.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    chain = [content.cert.certificate, *(each.certificate for each in content.additional_certs)]
    text = "".join(each.public_bytes(Encoding.PEM).decode() for each in chain)
    return Identity(Secret(key), text, None, content.cert.certificate.public_bytes(Encoding.DER))
