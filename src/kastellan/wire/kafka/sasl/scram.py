"""SCRAM (RFC 5802, 7677) as Kafka implements it: no channel binding, names and passwords without SASLprep.

The peer has to prove that it knows the password as well; one that cannot gets no further message.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Final

from kastellan.config.security import ScramLogin
from kastellan.kernel.secret import SecretBytes
from kastellan.wire.kafka.sasl.mechanism import SaslFailed

_HASHES: Final[Mapping[str, str]] = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}
_LEAST_ITERATIONS: Final = 4_096
_MOST_ITERATIONS: Final = 250_000
"""Kafka's own limit is 16384. A peer that wants more wants our CPU."""

Derive = Callable[[str, bytes, bytes, int], bytes]
"""From the name of a hash, a password, salt and iterations to the salted password."""


class Derivations:
    """Salted passwords, kept: the brokers of a cluster all hold the same salt."""

    def __init__(self) -> None:
        self._salted: dict[tuple[str, bytes, bytes, int], bytes] = {}

    def __call__(self, name: str, password: bytes, salt: bytes, iterations: int) -> bytes:
        """The salted password."""
        key = (name, password, salt, iterations)
        if key not in self._salted:
            if len(self._salted) > 8:
                self._salted.clear()
            self._salted[key] = hashlib.pbkdf2_hmac(name, password, salt, iterations)
        return self._salted[key]


class Scram:
    """One login. `nonce` is random printable text without a comma, made for this login alone."""

    hint = ""

    def __init__(self, login: ScramLogin, nonce: str, derive: Derive | None = None) -> None:
        self._hash = _HASHES[login.mechanism]
        self._password = SecretBytes(login.password.reveal().encode())
        self._derive = derive or Derivations()
        self._nonce = nonce
        name = login.user.replace("=", "=3D").replace(",", "=2C")
        extension = ",tokenauth=true" if login.token else ""
        self._bare = f"n={name},r={nonce}{extension}"
        self._signature: bytes | None = None

    def first(self) -> SecretBytes:
        """The client-first message."""
        return SecretBytes(f"n,,{self._bare}".encode())

    def next(self, challenge: bytes) -> SecretBytes | None:
        """The client-final message, or None once the peer has proven itself."""
        text = _text(challenge)
        if self._signature is None:
            return self._final(text)
        self._verify(text)
        return None

    def _final(self, server_first: str) -> SecretBytes:
        nonce, salt, iterations = self._parameters(server_first)
        salted = self._derive(self._hash, self._password, salt, iterations)
        client_key = self._hmac(salted, b"Client Key")
        stored_key = hashlib.new(self._hash, client_key).digest()
        without_proof = f"c=biws,r={nonce}"
        message = f"{self._bare},{server_first},{without_proof}".encode()
        proof = bytes(left ^ right for left, right in zip(client_key, self._hmac(stored_key, message), strict=True))
        self._signature = self._hmac(self._hmac(salted, b"Server Key"), message)
        return SecretBytes(f"{without_proof},p={base64.b64encode(proof).decode()}".encode())

    def _parameters(self, server_first: str) -> tuple[str, bytes, int]:
        fields = _fields(server_first)
        if "e" in fields:
            raise SaslFailed(f"refused the login: {fields['e'][:80]}")
        nonce, salt, count = fields.get("r", ""), _decode(fields.get("s", "")), fields.get("i", "")
        if not nonce.startswith(self._nonce) or nonce == self._nonce:
            raise SaslFailed(
                "answered SCRAM with a nonce that is not built on ours: it is not who it claims to be", "do not log in there"
            )
        if not salt or not (count.isascii() and count.isdecimal()):
            raise SaslFailed("sent a SCRAM message without salt or iterations", "check that the port is a Kafka listener")
        iterations = int(count[:12])
        if not _LEAST_ITERATIONS <= iterations <= _MOST_ITERATIONS:
            raise SaslFailed(
                f"wants {iterations} SCRAM iterations, outside {_LEAST_ITERATIONS} to {_MOST_ITERATIONS}",
                "write the user's credentials anew with iterations in between",
            )
        return nonce, salt, iterations

    def _verify(self, server_final: str) -> None:
        fields = _fields(server_final)
        if "e" in fields:
            raise SaslFailed(f"refused the login: {fields['e'][:80]}")
        if self._signature is None or not hmac.compare_digest(_decode(fields.get("v", "")), self._signature):
            raise SaslFailed(
                "could not prove that it knows this user's password: it is not who it claims to be", "do not log in there"
            )

    def _hmac(self, key: bytes, message: bytes) -> bytes:
        return hmac.new(key, message, self._hash).digest()


def _text(challenge: bytes) -> str:
    try:
        return challenge.decode()
    except UnicodeDecodeError:
        raise SaslFailed("answered SCRAM with bytes that are no text", "check that the port is a Kafka listener") from None


def _fields(text: str) -> dict[str, str]:
    return {field[:1]: field[2:] for field in text.split(",") if field[1:2] == "="}


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
