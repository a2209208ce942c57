"""A small issuer of tokens, as far as Kafka's OAUTHBEARER asks for one: client credentials in, a signed JWT out, and the key.

It is a process of the lab on loopback: `/token` (RFC 6749 4.4, the client's secret in the body or in an Authorization header),
`/jwks` (RFC 7517), `/.well-known/openid-configuration`. The subject of a token is the client's id, so principals are `User:<id>`.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import sys
import threading
import time
from collections.abc import Mapping
from functools import cached_property
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

AUDIENCE, SCOPE = "kafka", "kafka"
LIVES_S = 3_600
_KEY_ID = "lab"
_WATCH_S = 0.5
_MOST_BYTES = 64 * 1024


class Issuer:
    """Signs tokens for the clients whose secrets it knows."""

    def __init__(self, url: str, key_pem: str, clients: Mapping[str, str]) -> None:
        key = load_pem_private_key(key_pem.encode(), None)
        if not isinstance(key, rsa.RSAPrivateKey):
            msg = "tokens are signed with an RSA key, and this is none"
            raise TypeError(msg)
        self.url = url
        self._key = key
        self._clients = clients

    @cached_property
    def jwks(self) -> dict[str, object]:
        """The public key, as brokers fetch it."""
        numbers = self._key.public_key().public_numbers()
        key = {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": _KEY_ID, "n": _number(numbers.n), "e": _number(numbers.e)}
        return {"keys": [key]}

    @property
    def description(self) -> dict[str, object]:
        """What OpenID Connect discovery tells."""
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/jwks",
            "token_endpoint": f"{self.url}/token",
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }

    def knows(self, client: str, secret: str) -> bool:
        """Whether this is the client's secret."""
        return secrets.compare_digest(self._clients.get(client, "").encode(), secret.encode()) and client in self._clients

    def token(self, client: str, now_s: int, lives_s: int = LIVES_S) -> str:
        """A signed token for this client, valid from now."""
        head = {"alg": "RS256", "typ": "JWT", "kid": _KEY_ID}
        claims = {
            "iss": self.url, "sub": client, "aud": AUDIENCE, "scope": SCOPE, "client_id": client,
            "iat": now_s, "nbf": now_s, "exp": now_s + lives_s, "jti": secrets.token_hex(8),
        }  # fmt: skip
        signed = f"{_part(head)}.{_part(claims)}"
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_text(signature)}"

    def grant(self, form: Mapping[str, str], authorization: str, now_s: int) -> tuple[HTTPStatus, Mapping[str, object]]:
        """The answer to a request at `/token`."""
        client, secret = _credentials(form, authorization)
        if form.get("grant_type") != "client_credentials":
            return HTTPStatus.BAD_REQUEST, {"error": "unsupported_grant_type"}
        if not self.knows(client, secret):
            return HTTPStatus.UNAUTHORIZED, {"error": "invalid_client"}
        body = {"access_token": self.token(client, now_s), "token_type": "Bearer", "expires_in": LIVES_S, "scope": SCOPE}
        return HTTPStatus.OK, body


class _Handler(BaseHTTPRequestHandler):
    issuer: Issuer

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/jwks":
            self._answer(HTTPStatus.OK, self.issuer.jwks)
        elif path == "/.well-known/openid-configuration":
            self._answer(HTTPStatus.OK, self.issuer.description)
        else:
            self._answer(HTTPStatus.NOT_FOUND, {"error": "not_found"})

    def do_POST(self) -> None:
        if self.path.partition("?")[0] != "/token":
            self._answer(HTTPStatus.NOT_FOUND, {"error": "not_found"})
            return
        length = self.headers.get("Content-Length", "0")
        size = int(length) if length.isdecimal() else 0
        text = self.rfile.read(min(size, _MOST_BYTES)).decode(errors="replace")
        form = {key: values[0] for key, values in parse_qs(text).items()}
        self._answer(*self.issuer.grant(form, self.headers.get("Authorization", ""), int(time.time())))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name for it
        """Nothing: a request line is not worth a file that grows."""

    def _answer(self, status: HTTPStatus, body: Mapping[str, object]) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)


def serve(issuer: Issuer, port: int) -> ThreadingHTTPServer:
    """A server of this issuer on loopback; `serve_forever` runs it."""
    handler = type("Handler", (_Handler,), {"issuer": issuer})
    return ThreadingHTTPServer(("127.0.0.1", port), handler)


def _credentials(form: Mapping[str, str], authorization: str) -> tuple[str, str]:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        client, _, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote(client), unquote(secret)


def _number(value: int) -> str:
    return _text(value.to_bytes((value.bit_length() + 7) // 8))


def _part(value: Mapping[str, object]) -> str:
    return _text(json.dumps(value, separators=(",", ":")).encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def main() -> None:
    """Arguments: the port, the file with the signing key, the file with the clients' secrets. Ends with its record."""
    port, key, clients = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    secrets = msgspec.json.decode(clients.read_bytes(), type=dict[str, str])
    server = serve(Issuer(f"http://127.0.0.1:{port}", key.read_text(), secrets), port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    while Path("process").exists():
        time.sleep(_WATCH_S)


if __name__ == "__main__":
    main()
