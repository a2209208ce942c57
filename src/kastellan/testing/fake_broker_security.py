"""TLS and SASL of a fake broker, with real cryptography, and the protocol violations of a hostile one.

guard = FakeGuard(tls=authority.server(authority.issue("broker")), users={"alice": "secret"})
async with FakeCluster(fake_model(), guard) as fake: ...
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import ssl
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

import msgspec

from kastellan.testing.fake_broker_codec import build_response, encode, read_request
from kastellan.wire.kafka.api import Api

_UNSUPPORTED_MECHANISM, _ILLEGAL_STATE, _FAILED = 33, 34, 58
_HASHES: Final = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}


class Lie(StrEnum):
    """What a hostile broker does in a SCRAM login."""

    SIGNATURE = "signature"
    """Its signature is not made with the password."""
    ITERATIONS = "iterations"
    """It asks for 2^31 iterations."""
    FEW_ITERATIONS = "few iterations"
    """It asks for one iteration."""
    NONCE = "nonce"
    """Its nonce is not built on the client's."""
    GARBAGE = "garbage"
    """It answers with random bytes."""
    ENDLESS = "endless"
    """It never comes to an end."""


class FakeGuard(msgspec.Struct):
    """TLS, SASL mechanisms and users of a fake broker.

    `logins` counts the SaslAuthenticate requests, `refused` the logins that failed.
    """

    tls: ssl.SSLContext | None = None
    mechanisms: tuple[str, ...] = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
    """Empty: no SASL."""
    users: Mapping[str, str] = {}
    tokens: frozenset[str] = frozenset()
    """Bearer tokens that are taken."""
    lifetime_ms: int = 0
    iterations: int = 4_096
    lie: Lie | None = None
    logins: int = 0
    refused: int = 0

    def session(self) -> FakeSession:
        """The guard's state for one connection."""
        return FakeSession(self)


class FakeSession:
    """The login state of one connection. `authenticated`: requests are answered."""

    def __init__(self, guard: FakeGuard) -> None:
        self._guard = guard
        self.authenticated = not guard.mechanisms
        self._mechanism: str | None = None
        self._scram: _Scram | None = None

    def answer(self, api: int, version: int, body: bytes) -> bytes:
        """The answer to SaslHandshake or SaslAuthenticate."""
        request = read_request(api, version, body)
        if api == Api.SASL_HANDSHAKE:
            return encode(build_response(api, version, self._choose_mechanism(str(request.mechanism))))
        self._guard.logins += 1
        values = self._authenticate(bytes(request.auth_bytes))
        self._guard.refused += values.get("error_code", 0) == _FAILED
        return encode(build_response(api, version, values))

    def _choose_mechanism(self, mechanism: str) -> dict[str, Any]:
        offered = list(self._guard.mechanisms)
        if not offered:
            return {"error_code": _ILLEGAL_STATE, "mechanisms": offered}
        if mechanism not in offered:
            return {"error_code": _UNSUPPORTED_MECHANISM, "mechanisms": offered}
        self._mechanism, self._scram, self.authenticated = mechanism, None, False
        return {"error_code": 0, "mechanisms": offered}

    def _authenticate(self, message: bytes) -> dict[str, Any]:
        if self._mechanism is None:
            return {"error_code": _ILLEGAL_STATE}
        if self._guard.lie is Lie.GARBAGE:
            return {"auth_bytes": b"\xff\xfe" + secrets.token_bytes(30)}
        if self._guard.lie is Lie.ENDLESS and self._scram is not None:
            return {"auth_bytes": b""}
        if self._mechanism == "PLAIN":
            return self._finish_login(self._plain(message))
        if self._mechanism == "OAUTHBEARER":
            return self._authenticate_bearer(message)
        return self._continue_scram(message)

    def _finish_login(self, good: bool, last: bytes = b"") -> dict[str, Any]:  # noqa: FBT001
        if not good:
            return {"error_code": _FAILED, "error_message": self._refusal_text()}
        self.authenticated = True
        return {"auth_bytes": last, "session_lifetime": self._guard.lifetime_ms}

    def _refusal_text(self) -> str:
        """The message of Kafka 4.3 for a failed login."""
        if self._mechanism in {"SCRAM-SHA-256", "SCRAM-SHA-512"}:
            return f"Authentication failed during authentication due to invalid credentials with SASL mechanism {self._mechanism}"
        return "Authentication failed: Invalid username or password"

    def _plain(self, message: bytes) -> bool:
        parts = message.decode().split("\0")
        return len(parts) == 3 and self._guard.users.get(parts[1]) == parts[2]  # noqa: PLR2004

    def _authenticate_bearer(self, message: bytes) -> dict[str, Any]:
        if message == b"\x01":
            return self._finish_login(good=False)
        text = message.decode()
        token = text.partition("auth=Bearer ")[2].partition("\x01")[0]
        if token in self._guard.tokens:
            return self._finish_login(good=True)
        return {"auth_bytes": json.dumps({"status": "invalid_token"}).encode()}

    def _continue_scram(self, message: bytes) -> dict[str, Any]:
        if self._scram is None:
            self._scram = _Scram(_HASHES[self._mechanism or ""], self._guard, message.decode())
            return {"auth_bytes": self._scram.first()}
        good, last = self._scram.final(message.decode())
        return self._finish_login(good, last)


class _Scram:
    """The broker's side of SCRAM."""

    def __init__(self, name: str, guard: FakeGuard, client_first: str) -> None:
        self._hash, self._guard = name, guard
        self._bare = client_first.removeprefix("n,,")
        fields = {part[0]: part[2:] for part in self._bare.split(",") if part}
        self._password = guard.users.get(fields["n"].replace("=2C", ",").replace("=3D", "="), secrets.token_hex())
        self._nonce = fields["r"] + secrets.token_hex(8)
        if guard.lie is Lie.NONCE:
            self._nonce = secrets.token_hex(16)
        self._salt = b"the salt of this test"
        self._server_first = ""

    def first(self) -> bytes:
        count = {Lie.ITERATIONS: 2**31, Lie.FEW_ITERATIONS: 1}.get(self._guard.lie or Lie.GARBAGE, self._guard.iterations)
        self._server_first = f"r={self._nonce},s={base64.b64encode(self._salt).decode()},i={count}"
        return self._server_first.encode()

    def final(self, client_final: str) -> tuple[bool, bytes]:
        without, _, proof = client_final.rpartition(",p=")
        message = f"{self._bare},{self._server_first},{without}".encode()
        salted = hashlib.pbkdf2_hmac(self._hash, self._password.encode(), self._salt, self._guard.iterations)
        client_key = self._hmac(salted, b"Client Key")
        stored = hashlib.new(self._hash, client_key).digest()
        shown = bytes(left ^ right for left, right in zip(base64.b64decode(proof), self._hmac(stored, message), strict=True))
        signature = self._hmac(self._hmac(salted, b"Server Key"), message)
        if self._guard.lie is Lie.SIGNATURE:
            return True, b"v=" + base64.b64encode(bytes(len(signature)))
        return hmac.compare_digest(hashlib.new(self._hash, shown).digest(), stored), b"v=" + base64.b64encode(signature)

    def _hmac(self, key: bytes, message: bytes) -> bytes:
        return hmac.new(key, message, self._hash).digest()
