"""Counts requests on the wire: a proxy in front of each broker that reads the frames which a client sends."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from contextlib import suppress
from typing import Self

from kastellan.wire.kafka.api import api_name

_CHUNK = 1 << 16


class Proxies:
    """One proxy per address, in a thread of its own. `resolve` leads a client through them."""

    def __init__(self, bootstrap: str) -> None:
        self._addresses = bootstrap.split(",")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._servers: list[asyncio.Server] = []
        self.counted: Counter[str] = Counter()
        self.resolve: dict[str, str] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    async def _open(self) -> None:
        for address in self._addresses:
            host, _, port = address.rpartition(":")
            server = await asyncio.start_server(self._serve(host, int(port)), "127.0.0.1", 0)
            self._servers.append(server)
            self.resolve[address] = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _serve(self, host: str, port: int):  # noqa: ANN202  # asyncio's callback
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            from_broker, to_broker = await asyncio.open_connection(host, port)
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await asyncio.gather(self._relay_requests(reader, to_broker), self._relay_answers(from_broker, writer))
            to_broker.close()
            writer.close()

        return serve

    async def _relay_requests(self, reader: asyncio.StreamReader, to_broker: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readexactly(8)
            self.counted[api_name(int.from_bytes(head[4:6], "big"))] += 1
            to_broker.write(head + await reader.readexactly(int.from_bytes(head[:4], "big") - 4))
            await to_broker.drain()

    async def _relay_answers(self, from_broker: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await from_broker.read(_CHUNK):
            writer.write(data)
            await writer.drain()
