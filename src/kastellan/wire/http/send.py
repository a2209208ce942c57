"""Sends one HTTP request, bounded in time and size; every failure is one sentence."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.outcome import Trouble
from kastellan.kernel.secret import Secret, SecretBytes
from kastellan.kernel.units import bytes_text
from kastellan.wire.tls.handshake_errors import meaning

if TYPE_CHECKING:
    import httpx2

_MOST_BYTES: Final = 1024**2


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent. `url` holds no credentials; a header with one is a Secret."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str | Secret] = {}
    content: SecretBytes = SecretBytes()
    tls: ssl.SSLContext | None = None
    """How an https server is trusted; None: as the operating system does."""


class HttpAnswer(msgspec.Struct, frozen=True):
    """What came back."""

    status: int
    body: bytes


class HttpTrouble(msgspec.Struct, frozen=True):
    """Why nothing came back; the reason is the end of a sentence about the server, the remedy says what to do."""

    trouble: Trouble
    reason: str
    remedy: str = ""


async def send(request: Request, deadline: Deadline) -> HttpAnswer | HttpTrouble:
    """The answer, whatever its status, or why there is none. Redirects are not followed: they would carry credentials away."""
    import httpx2  # noqa: PLC0415  # slow to load, and needed by few

    try:
        async with asyncio.timeout_at(deadline.at_s):
            async with httpx2.AsyncClient(verify=request.tls or True, timeout=None, follow_redirects=False) as client:
                sent = client.build_request(
                    request.method, request.url, headers=_reveal(request.headers), content=request.content
                )
                return await _receive(await client.send(sent, stream=True))
    except TimeoutError:
        return HttpTrouble(Trouble.SILENT, "did not answer in time", "check that it is up")
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol):
        return HttpTrouble(Trouble.UNRESOLVED, "is no address of an HTTP server", "write https://HOST[:PORT]/PATH")
    except httpx2.HTTPError as error:
        return _trouble(error, request.url)


def _reveal(headers: Mapping[str, str | Secret]) -> dict[str, str]:
    return {name: value.reveal() if isinstance(value, Secret) else value for name, value in headers.items()}


async def _receive(answer: httpx2.Response) -> HttpAnswer | HttpTrouble:
    body = bytearray()
    try:
        async for piece in answer.aiter_bytes():
            body += piece
            if len(body) > _MOST_BYTES:
                return HttpTrouble(Trouble.GARBLED, f"answered with more than {bytes_text(_MOST_BYTES)}", "check the address")
    finally:
        await answer.aclose()
    return HttpAnswer(answer.status_code, bytes(body))


def _trouble(error: BaseException, url: str) -> HttpTrouble:
    """The cause below the library's own error."""
    at: BaseException | None = error
    while at is not None:
        if isinstance(at, ssl.SSLError):
            return HttpTrouble(Trouble.INSECURE, *meaning(at, host_of(url), None))
        if isinstance(at, ConnectionRefusedError):
            return HttpTrouble(Trouble.REFUSED, "refused the connection: nothing listens there")
        at = at.__cause__ or at.__context__
    detail = " ".join(str(error).split())[:120] or type(error).__name__
    return HttpTrouble(Trouble.UNREACHABLE, f"cannot be reached from here ({detail})")


def host_of(url: str) -> str:
    """The host of a URL, without whatever credentials stand in it."""
    from urllib.parse import urlsplit  # noqa: PLC0415

    try:
        return urlsplit(url).hostname or url
    except ValueError:
        return "the server"
