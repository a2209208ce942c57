"""Java's own key store format (JKS), read only.

No maintained package reads it. Entries are certificates, or keys with a chain; a key is encrypted with a stream of SHA-1
hashes of its password; the file ends with a hash of the store's password and the content. JCEKS and BCFKS are other formats.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

import msgspec

from kastellan.kernel.secret import SecretBytes
from kastellan.wire.tls.der import OCTETS, SEQUENCE, DerError, element_of, object_id

MAGIC: Final = b"\xfe\xed\xfe\xed"
JCEKS_MAGIC: Final = b"\xce\xce\xce\xce"

_KEY, _CERTIFICATE = 1, 2
_SALT: Final = b"Mighty Aphrodite"
_HASH_BYTES: Final = 20
_SUN_PROTECTOR: Final = "1.3.6.1.4.1.42.2.17.1.1"
_MOST_ENTRIES: Final = 100_000


class JksError(Exception):
    """What is wrong with a store, as the end of a sentence."""


class KeyEntry(msgspec.Struct, frozen=True):
    """A private key, still encrypted, with its chain (DER, the key's own certificate first)."""

    alias: str
    hidden: SecretBytes
    chain: tuple[bytes, ...]

    def key(self, password: str) -> bytes:
        """The key as PKCS#8 DER. Raises JksError for another password."""
        return _reveal_key(_hidden_bytes(self.hidden), password)


class Jks(msgspec.Struct, frozen=True):
    """The content of a store."""

    keys: tuple[KeyEntry, ...]
    certificates: tuple[bytes, ...]


def read_jks(data: bytes, password: str | None) -> Jks:
    """The content. Raises JksError for what is no JKS store and for a wrong password.

    Without a password the integrity of the content is not checked, as in Java.
    """
    content, digest = data[:-_HASH_BYTES], data[-_HASH_BYTES:]
    reader = _Reader(content)
    if reader.take(4) != MAGIC:
        raise JksError("is no JKS store")
    version, count = reader.number(4), reader.number(4)
    if version not in {1, 2} or count > _MOST_ENTRIES:
        raise JksError("is a JKS store of a version that is not known")
    keys: list[KeyEntry] = []
    certificates: list[bytes] = []
    for _ in range(count):
        tag, alias = reader.number(4), reader.text()
        reader.take(8)  # when it was made
        if tag == _KEY:
            hidden = SecretBytes(reader.take(reader.number(4)))
            chain = tuple(reader.certificate(version) for _ in range(reader.number(4)))
            keys.append(KeyEntry(alias, hidden, chain))
        elif tag == _CERTIFICATE:
            certificates.append(reader.certificate(version))
        else:
            raise JksError("holds an entry that is neither a key nor a certificate")
    if not reader.is_at_end:
        raise JksError("has more bytes than its entries")
    if password is not None and not hmac.compare_digest(_hash(_wide(password) + _SALT + content), digest):
        raise JksError("does not open with its password")
    return Jks(tuple(keys), tuple(certificates))


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    @property
    def is_at_end(self) -> bool:
        return self._at == len(self._data)

    def take(self, count: int) -> bytes:
        if count > len(self._data) - self._at:
            raise JksError("ends in the middle of an entry")
        self._at += count
        return self._data[self._at - count : self._at]

    def number(self, width: int) -> int:
        return int.from_bytes(self.take(width), "big")

    def text(self) -> str:
        """Java's modified UTF-8: NUL in two bytes, and characters beyond 16 bits as two halves."""
        data = self.take(self.number(2)).replace(b"\xc0\x80", b"\0")
        try:
            return data.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            raise JksError("holds a name that is no text") from None

    def certificate(self, version: int) -> bytes:
        if version > 1 and self.text() != "X.509":
            raise JksError("holds a certificate that is not X.509")
        return self.take(self.number(4))


def _hidden_bytes(der: bytes) -> bytes:
    """The octets in an EncryptedPrivateKeyInfo: a sequence of an algorithm and an octet string."""
    try:
        algorithm, hidden = element_of(der, SEQUENCE).children()
        if object_id(algorithm.of_tag(SEQUENCE).children()[0]) != _SUN_PROTECTOR:
            raise JksError("hides its key in a way that only Java knows; convert it with keytool -deststoretype PKCS12")
        return hidden.of_tag(OCTETS).content
    except (DerError, ValueError, IndexError):
        raise JksError("holds a key that is not written in DER") from None


def _reveal_key(hidden: bytes, password: str) -> bytes:
    salt, covered, digest = hidden[:_HASH_BYTES], hidden[_HASH_BYTES:-_HASH_BYTES], hidden[-_HASH_BYTES:]
    wide = _wide(password)
    stream, block = bytearray(), salt
    while len(stream) < len(covered):
        block = _hash(wide + block)
        stream += block
    plain = bytes(left ^ right for left, right in zip(covered, stream, strict=False))
    if not hmac.compare_digest(_hash(wide + plain), digest):
        raise JksError("holds a key that does not open with its password (ssl.key.password)")
    return plain


def _wide(password: str) -> bytes:
    return password.encode("utf-16-be")


def _hash(data: bytes) -> bytes:
    return hashlib.sha1(data).digest()  # noqa: S324  # the format's own, not ours to choose
