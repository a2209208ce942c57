"""PEM text: the blocks that are in it, and those of them that Kafka's own PEM reader sees."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Final

import msgspec

from kastellan.kernel.secret import Secret, SecretBytes
from kastellan.wire.tls.der import SEQUENCE, DerError, element_of, object_id

CERTIFICATE_LABELS: Final = frozenset({"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"})
_BLOCK: Final = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_LINE: Final = 64
_MOST_FOR_JAVA: Final = 1024**2
_JAVA_KEYS: Final = frozenset({"1.2.840.113549.1.1.1", "1.2.840.10040.4.1", "1.2.840.10045.2.1"})
"""RSA, DSA and EC: Kafka tries no other kind of key."""
_PBES2: Final = "1.2.840.113549.1.5.13"


class PemError(ValueError):
    """What is wrong with a PEM text, as the end of a sentence."""


class Block(msgspec.Struct, frozen=True):
    """One block; `der` is empty for a key with headers (the traditional encryption). It may be a key: it does not print."""

    label: str
    der: SecretBytes
    text: Secret

    @property
    def is_encrypted(self) -> bool:
        """Whether a password is needed to read it."""
        return self.label.startswith("ENCRYPTED") or "ENCRYPTED" in self.text.reveal()


def blocks(text: str) -> list[Block]:
    """Every block, whether its lines are whole or joined to one. Raises PemError for one that is broken."""
    in_order: list[Block] = []
    for match in _BLOCK.finditer(text):
        label, body = match.group(1), match.group(2)
        der = b""
        if ":" not in body:
            try:
                der = base64.b64decode("".join(body.split()), validate=True)
            except binascii.Error:
                raise PemError(f"has a broken {label} block; write the file anew") from None
        in_order.append(Block(label, SecretBytes(der), Secret(match.group(0))))
    return in_order


def to_pem(label: str, der: bytes) -> str:
    """DER as PEM text."""
    text = base64.b64encode(der).decode()
    lines = [text[at : at + _LINE] for at in range(0, len(text), _LINE)]
    return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""))


def java_certificates(text: str) -> tuple[bytes, ...] | None:
    """The certificates that Kafka's own reader finds; None where it fails, or the text is too long to try."""
    return _java_entries(text, "CERTIFICATE")


def why_java_refuses_key(text: str, password: str | None) -> str | None:
    """Why Kafka's own reader does not take the private key of a PEM text; None when it does."""
    keys = [block for block in _blocks_or_none(text) if block.label.endswith("PRIVATE KEY")]
    if len(keys) != 1 or len(_java_entries(text, "PRIVATE KEY") or ()) != 1:
        return "it does not hold exactly one private key in lines of its own"
    key = keys[0]
    if key.label not in {"PRIVATE KEY", "ENCRYPTED PRIVATE KEY"} or not key.der:
        return "its key is not PKCS#8 (convert it with openssl pkcs8 -topk8)"
    if key.label == "PRIVATE KEY" and password is not None:
        return "its key is not encrypted and there is a password for it (ssl.key.password); remove one"
    if key.label == "PRIVATE KEY" and _algorithm(key.der) not in _JAVA_KEYS:
        return "its key is neither RSA nor EC nor DSA"
    if key.label == "ENCRYPTED PRIVATE KEY" and _encryption(key.der) == _PBES2:
        return "its key is encrypted by PBES2, which Java 17 and older do not open (openssl pkcs8 -topk8 -v1 PBE-SHA1-3DES)"
    return None


def _blocks_or_none(text: str) -> list[Block]:
    try:
        return blocks(text)
    except PemError:
        return []


def _algorithm(pkcs8: bytes) -> str:
    try:
        return object_id(element_of(pkcs8, SEQUENCE).children()[1].children()[0])
    except (DerError, IndexError):
        return ""


def _encryption(pkcs8: bytes) -> str:
    try:
        return object_id(element_of(pkcs8, SEQUENCE).children()[0].children()[0])
    except (DerError, IndexError):
        return ""


def _java_entries(text: str, name: str) -> tuple[bytes, ...] | None:
    if len(text) > _MOST_FOR_JAVA:
        return None
    try:
        return tuple(base64.b64decode("".join(body.split()), validate=True) for body in _java_bodies(text, name))
    except binascii.Error:
        return None


def _java_bodies(text: str, name: str) -> Iterator[str]:
    """The pattern of `PemParser` in Kafka's DefaultSslEngineFactory: white space has to follow each head and each end."""
    label = r"\s+".join(name.split())
    head, end = (rf"-+{word}\s*.*{label}[^-]*-+\s+" for word in ("BEGIN", "END"))
    pattern = rf"{head}(?:\s*[^\r\n]*:[^\r\n]*[\r\n]+)*([a-zA-Z0-9/+=\s]*){end}"
    for match in re.finditer(pattern, text + "\n", re.ASCII):
        yield match.group(1)
