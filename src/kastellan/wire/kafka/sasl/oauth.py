"""OAUTHBEARER (RFC 7628) as Kafka implements it: a bearer token with extensions."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec

from kastellan.kernel.secret import Secret, SecretBytes
from kastellan.wire.kafka.sasl.mechanism import SaslFailed

_SEPARATOR: Final = "\x01"
_SHOWN: Final = 120


class Token(msgspec.Struct, frozen=True):
    """A bearer token; who it is for and when it ends (epoch seconds) as it says itself, where it says so."""

    text: Secret
    subject: str | None = None
    expires_s: float | None = None


class Bearer:
    """One login with a token."""

    def __init__(self, token: Token, extensions: Mapping[str, str]) -> None:
        self.hint = ""
        pairs = [f"auth=Bearer {token.text.reveal()}", *(f"{name}={value}" for name, value in extensions.items())]
        self._message = SecretBytes(("n,," + _SEPARATOR + _SEPARATOR.join(pairs) + _SEPARATOR * 2).encode())

    def first(self) -> SecretBytes:
        """The one message."""
        return self._message

    def next(self, challenge: bytes) -> SecretBytes | None:
        """None when the token was accepted; else the empty message after which the peer sends its refusal."""
        if not challenge:
            return None
        if self.hint:
            raise SaslFailed(f"refused the token ({self.hint})")
        self.hint = _status(challenge)
        return SecretBytes(_SEPARATOR.encode())


def token_of(text: str, subject_claim: str = "sub") -> Token:
    """A token with what can be read of it; an opaque one is taken as it is."""
    claims = _claims(text)
    subject, expires = claims.get(subject_claim), claims.get("exp")
    return Token(
        Secret(text),
        subject if isinstance(subject, str) else None,
        float(expires) if isinstance(expires, (int, float)) and not isinstance(expires, bool) else None,
    )


def unsigned_token(subject: str, now_s: float, lifetime_s: int) -> Token:
    """The token without a signature that Kafka's own client makes for tests."""
    claims = {"sub": subject, "iat": int(now_s), "exp": int(now_s) + lifetime_s}
    text = ".".join((_encode({"alg": "none"}), _encode(claims), ""))
    return token_of(text)


def _encode(value: Mapping[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")


def _claims(text: str) -> dict[str, Any]:
    parts = text.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return {}
    return cast("dict[str, Any]", claims) if isinstance(claims, dict) else {}


def _status(challenge: bytes) -> str:
    try:
        content = json.loads(challenge)
    except (ValueError, RecursionError):
        return "the peer sent something that is no reason"
    status = cast("dict[str, Any]", content).get("status") if isinstance(content, dict) else None
    return f"status {str(status)[:_SHOWN]}" if status else "no status given"
