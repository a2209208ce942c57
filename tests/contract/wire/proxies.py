"""Small proxies on loopback: what SOCKS 5 (RFC 1928, 1929) and HTTP CONNECT look like from the other side."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ipaddress
from collections.abc import AsyncIterator, Callable, Mapping

from kastellan.kernel.addresses import address_text
from tests.contract.wire.peers import peer

Names = Mapping[str, tuple[str, int]]
"""Where the proxy reaches what it is asked for: `name:port` to an address."""


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError, asyncio.CancelledError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def _join(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, there: tuple[asyncio.StreamReader, asyncio.StreamWriter]
) -> None:
    try:
        await asyncio.gather(_pipe(reader, there[1]), _pipe(there[0], writer))
    finally:
        there[1].transport.abort()


@contextlib.asynccontextmanager
async def socks5(names: Names, user: str = "", password: str = "") -> AsyncIterator[str]:
    """A SOCKS 5 server; its address. With a user it wants user and password."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, count = await reader.readexactly(2)
        await reader.readexactly(count)
        writer.write(bytes((5, 2 if user else 0)))
        if user:
            _, length = await reader.readexactly(2)
            given = (await reader.readexactly(length)).decode()
            (length,) = await reader.readexactly(1)
            good = (given, (await reader.readexactly(length)).decode()) == (user, password)
            writer.write(bytes((1, 0 if good else 1)))
            if not good:
                await writer.drain()
                return
        _, _, _, kind = await reader.readexactly(4)
        (length,) = await reader.readexactly(1) if kind == 3 else ({1: 4, 4: 16}[kind],)
        raw = await reader.readexactly(length)
        host = raw.decode() if kind == 3 else str(ipaddress.ip_address(raw))
        port = int.from_bytes(await reader.readexactly(2), "big")
        found = await _reached(names, host, port)
        writer.write(bytes((5, 0 if found else 5, 0, 1)) + bytes(6))
        await writer.drain()
        if found:
            await _join(reader, writer, found)

    async with peer(serve) as endpoint:
        yield endpoint.address


@contextlib.asynccontextmanager
async def connect(names: Names, user: str = "", password: str = "") -> AsyncIterator[str]:
    """An HTTP server that does CONNECT; its address."""
    wanted = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        host, _, port = head.split()[1].rpartition(":")
        if user and wanted not in head:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return
        found = await _reached(names, host, int(port))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" if found else b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        if found:
            await _join(reader, writer, found)

    async with peer(serve) as endpoint:
        yield endpoint.address


async def _reached(names: Names, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
    where = names.get(address_text(host.strip("[]"), port))
    try:
        return await asyncio.open_connection(*where) if where else None
    except OSError:
        return None


KINDS: Mapping[str, Callable[..., contextlib.AbstractAsyncContextManager[str]]] = {"socks5": socks5, "http": connect}
