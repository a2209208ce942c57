"""Sources of bearer tokens: an OIDC issuer (client credentials), a file, or an unsigned token for tests."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import time
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import quote_plus, urlencode, urlsplit

from kastellan.config.security import OAuthLogin, Tls
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import BadInput
from kastellan.kernel.outcome import Trouble
from kastellan.kernel.secret import Secret, SecretBytes
from kastellan.wire.http.send import HttpAnswer, HttpTrouble, Request, send
from kastellan.wire.kafka.endpoint import Endpoint
from kastellan.wire.kafka.progress import Progress
from kastellan.wire.kafka.sasl.oauth import Bearer, Token, token_of, unsigned_token
from kastellan.wire.kafka.trouble import Refusal
from kastellan.wire.tls.context import client_context

_RENEW_AT: Final = 0.8
_MOST_TOKEN: Final = 256 * 1024
_SHOWN: Final = 160
_REFUSALS: Final = frozenset({400, 401, 403})
_OK: Final = 200


class TokenMechanism:
    """Logins by OAUTHBEARER: all connections share one token until most of its life is over."""

    def __init__(self, login: OAuthLogin) -> None:
        """Raises BadInput for a truststore that cannot be used and for a token endpoint that is no address."""
        self._login = login
        self._token: Token | None = None
        self._renew_at_s = 0.0
        self._turn = asyncio.Lock()
        self._tls: ssl.SSLContext | None = None
        if login.token_url is not None:
            scheme = urlsplit(login.token_url).scheme
            if scheme not in {"http", "https"}:
                raise BadInput("sasl.oauthbearer.token.endpoint.url is no address; write https://HOST[:PORT]/PATH or file:/PATH")
            if scheme == "https" and login.trust is not None:
                self._tls = client_context(Tls(trust=login.trust))

    @property
    def user(self) -> str | None:
        """Who the token is for, once there is one that says so."""
        return self._token.subject if self._token is not None else self._login.unsigned_subject

    async def begin(self, endpoint: Endpoint, deadline: Deadline, progress: Progress) -> Bearer | Refusal:  # noqa: ARG002
        """A login with a token that is fresh enough."""
        async with self._turn:
            if self._token is None or time.monotonic() >= self._renew_at_s:
                fetched = await self._fetch(deadline)
                if isinstance(fetched, Refusal):
                    return fetched
                self._keep(*fetched)
        return Bearer(cast("Token", self._token), self._login.extensions)

    def forget(self) -> None:
        """The token was refused: the next login gets another."""
        self._token = None

    def _keep(self, token: Token, life_s: float | None) -> None:
        if life_s is None and token.expires_s is not None:
            life_s = token.expires_s - time.time()
        self._token = token
        # A token of unknown life is taken for one login only.
        self._renew_at_s = time.monotonic() + max(life_s or 0.0, 0.0) * _RENEW_AT

    async def _fetch(self, deadline: Deadline) -> tuple[Token, float | None] | Refusal:
        login = self._login
        if login.token_url is not None:
            limits = (limit_s for limit_s in (login.connect_timeout_s, login.read_timeout_s) if limit_s is not None)
            return await self._request_token(login.token_url, deadline.within(sum(limits) or deadline.remaining_s()))
        if login.token_file is not None:
            return _from_file(login.token_file)
        return unsigned_token(login.unsigned_subject or "", time.time(), login.unsigned_lifetime_s), login.unsigned_lifetime_s

    async def _request_token(self, url: str, deadline: Deadline) -> tuple[Token, float | None] | Refusal:
        whom = f"the token endpoint {_shown_url(url)}"
        answer = await send(self._request(url), deadline)
        if isinstance(answer, HttpTrouble):
            return Refusal(answer.trouble, f"{whom} {answer.reason}", answer.remedy)
        content = _json(answer.body)
        text, life_s = content.get("access_token"), content.get("expires_in")
        if answer.status == _OK and isinstance(text, str) and _is_token(text):
            number = life_s if isinstance(life_s, (int, float)) and not isinstance(life_s, bool) and life_s > 0 else None
            return token_of(text), number
        return Refusal(*self._refusal(whom, answer, content))

    def _request(self, url: str) -> Request:
        login = self._login
        user, secret = login.client_id or "", login.client_secret.reveal() if login.client_secret is not None else ""
        if login.url_encode_header:
            user, secret = quote_plus(user), quote_plus(secret)
        form = {"grant_type": "client_credentials"} | ({"scope": login.scope} if login.scope else {})
        headers = {
            "Authorization": Secret("Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()),
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        return Request(url=url, method="POST", headers=headers, content=SecretBytes(urlencode(form).encode()), tls=self._tls)

    def _refusal(self, whom: str, answer: HttpAnswer, content: dict[str, Any]) -> tuple[Trouble, str, str]:
        words = " ".join(str(content[key]) for key in ("error", "error_description") if content.get(key))
        hint = f" ({_line(words)})" if words else ""
        if answer.status in _REFUSALS:
            client = self._login.client_id
            reason = f"{whom} gave {client} no token: status {answer.status}{hint}"
            return Trouble.UNAUTHENTICATED, reason, "check clientId, clientSecret and scope"
        if answer.status == _OK:
            return Trouble.GARBLED, f"{whom} answered without a token", "check that this is a token endpoint"
        return Trouble.REJECTED, f"{whom} answered with status {answer.status}{hint}", "check the address and the issuer"


def _from_file(path: str) -> tuple[Token, None] | Refusal:
    try:
        with Path(path).open(encoding="utf-8") as file:
            text = file.read(_MOST_TOKEN).strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        return Refusal(Trouble.UNAUTHENTICATED, f"the token file {path} cannot be read ({why})", "correct its path or rights")
    if not _is_token(text):
        return Refusal(Trouble.UNAUTHENTICATED, f"the token file {path} holds no token", "write one line with the token into it")
    token = token_of(text)
    if token.expires_s is not None and token.expires_s < time.time():
        return Refusal(Trouble.UNAUTHENTICATED, f"the token in {path} has expired", "let a new one be written")
    return token, None


def _is_token(text: str) -> bool:
    return (
        bool(text) and len(text) < _MOST_TOKEN and text.isascii() and not any(letter.isspace() or letter < " " for letter in text)
    )


def _json(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", content) if isinstance(content, dict) else {}


def _shown_url(url: str) -> str:
    """Without what may be secret: user, password, query."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"


def _line(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text[:_SHOWN]).strip()
