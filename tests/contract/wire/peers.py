"""Peers that misbehave, on loopback: each is a coroutine over a reader and a writer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from kastellan.kernel.deadline import Deadline
from kastellan.wire.kafka.connection import Connection
from kastellan.wire.kafka.dial import DialOptions, dial
from kastellan.wire.kafka.endpoint import Endpoint

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def peer(behaviour: Behaviour) -> AsyncIterator[Endpoint]:
    """A listening peer; when the block ends it is gone, whatever its behaviour is doing."""
    running: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await behaviour(reader, writer)
        writer.transport.abort()
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield Endpoint("127.0.0.1", server.sockets[0].getsockname()[1], 2)
    finally:
        server.close()
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)


@contextlib.asynccontextmanager
async def connected(behaviour: Behaviour, options: DialOptions | None = None) -> AsyncIterator[Connection]:
    """A connection to such a peer, without handshake."""
    async with peer(behaviour) as endpoint:
        opened = await dial(endpoint, Deadline.after(10), options or DialOptions())
        assert isinstance(opened, Connection), opened
        try:
            yield opened
        finally:
            await opened.aclose()


async def question(reader: asyncio.StreamReader) -> tuple[int, int, int]:
    """The next request: API key, version, correlation id."""
    size = int.from_bytes(await reader.readexactly(4), "big")
    frame = await reader.readexactly(size)
    return int.from_bytes(frame[:2], "big"), int.from_bytes(frame[2:4], "big"), int.from_bytes(frame[4:8], "big")


def framed(correlation: int, body: bytes, *, tags: bytes = b"\x00") -> bytes:
    """A response frame; `tags` are the header's tagged fields."""
    return (4 + len(tags) + len(body)).to_bytes(4, "big") + correlation.to_bytes(4, "big", signed=True) + tags + body


async def forever() -> None:
    """Hold the connection and say nothing."""
    await asyncio.Event().wait()
