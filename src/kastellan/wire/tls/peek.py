"""A second handshake with a peer that refused or was refused: nothing else is ever sent over these connections."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import KastellanError

OpenSocket = Callable[[Deadline], Awaitable[object]]
"""Opens a socket to the peer, the same way as before; anything but a socket means that there is none."""


class _Listener(asyncio.Protocol):
    """Waits for the end of a connection and keeps why it ended."""

    def __init__(self) -> None:
        self.end: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.end.done():
            self.end.set_result(exc)


async def certificate_of(
    open_socket: OpenSocket, name: str, context: Callable[[], ssl.SSLContext], deadline: Deadline
) -> bytes | None:
    """The certificate (DER) that the peer presents when it is called `name`; None when none was seen.

    `context` makes one that accepts any certificate.
    """
    try:
        transport, _ = await _shake(open_socket, name, context(), deadline)
    except (OSError, ValueError, KastellanError):
        return None
    session = transport.get_extra_info("ssl_object")
    transport.abort()
    return session.getpeercert(binary_form=True) if session is not None else None


async def complaint_of(open_socket: OpenSocket, name: str, context: ssl.SSLContext, deadline: Deadline) -> Exception | None:
    """What a peer says against our certificate. In TLS 1.3 that comes after the handshake, and gets lost when we send at once."""
    try:
        transport, listener = await _shake(open_socket, name, context, deadline)
    except (OSError, ValueError) as error:
        return error
    try:
        async with asyncio.timeout_at(deadline.at_s):
            return await listener.end
    except TimeoutError:
        return None
    finally:
        transport.abort()


async def _shake(
    open_socket: OpenSocket, name: str, context: ssl.SSLContext, deadline: Deadline
) -> tuple[asyncio.Transport, _Listener]:
    """Raises OSError (a time-out too) or ValueError."""
    plug = await open_socket(deadline)
    if not isinstance(plug, socket.socket):
        raise ConnectionError
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout_at(deadline.at_s):
            return await loop.create_connection(_Listener, sock=plug, ssl=context, server_hostname=name)
    except BaseException:
        plug.close()
        raise
