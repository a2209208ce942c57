"""A Kafka cluster that is not there: brokers on loopback that answer from a model, with faults on request.

    async with FakeCluster(fake_model(brokers=3)) as fake:
        fake.faults.add(Fault(api=Api.LIST_OFFSETS, node=2, error_code=6, key=("topic-0001", 3)))
        fake.faults.add(Fault(api=Api.DESCRIBE_LOG_DIRS, node=3, silent=True))
        await fake.refuse(1)
        ... Cluster(parse_endpoints(fake.bootstrap)) ...

    with fake_cluster(fake_model()) as fake: ...        # the same on a thread, for a test without an event loop

It speaks with the client's own codec, and recorded frames of real brokers prove both. With a `FakeGuard` it speaks TLS
and requires a login, with real cryptography. What it does not do: authorisation, quotas by principal, Fetch and Produce,
joining groups, elections, and anything that happens by itself; the model changes only when a test changes it, or by
CreateTopics, DeleteTopics and OffsetCommit. Controllers are the same endpoints as brokers. Topics that a principal may
not see are topics that the test takes out of the model.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Generator
from typing import Any, Final, Self

from kastellan.kernel.addresses import address_text
from kastellan.testing.fake_broker_access import HANDLERS
from kastellan.testing.fake_broker_answers import Call
from kastellan.testing.fake_broker_codec import build_response, encode, read_request
from kastellan.testing.fake_broker_faults import Fault, Faults
from kastellan.testing.fake_broker_model import FakeModel, fake_model
from kastellan.testing.fake_broker_security import FakeGuard, FakeSession
from kastellan.wire.kafka import schema
from kastellan.wire.kafka.api import Api

__all__ = ["FakeCluster", "FakeGuard", "FakeModel", "Fault", "fake_cluster", "fake_model"]

_HOST: Final = "127.0.0.1"
_UNSUPPORTED_VERSION: Final = 35
_KEPT: Final = 4_000
_SAME_EVERYWHERE: Final = frozenset({Api.METADATA, Api.DESCRIBE_CLUSTER, Api.DESCRIBE_TOPIC_PARTITIONS, Api.DESCRIBE_QUORUM})
"""Every broker gives the same answer to these requests, so it is encoded once."""
_SASL: Final = frozenset({int(Api.SASL_HANDSHAKE), int(Api.SASL_AUTHENTICATE)})
_LARGEST_REQUEST: Final = 100 * 1024 * 1024


class FakeCluster:
    """The brokers of one model. `requests` lists every request received: node, API key, version."""

    def __init__(self, model: FakeModel | None = None, guard: FakeGuard | None = None, *, host: str = _HOST) -> None:
        self.model = model or fake_model()
        self.guard = guard or FakeGuard(mechanisms=())
        self.faults = Faults()
        self.host = host
        self.requests: list[tuple[int, int, int]] = []
        self.connections = 0
        self._servers: dict[int, asyncio.Server] = {}
        self._ports: dict[int, int] = {}
        self._open: dict[asyncio.StreamWriter, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._kept: dict[tuple[object, ...], bytes] = {}

    async def __aenter__(self) -> Self:
        for node in self.model.nodes:
            await self.accept(node)
        return self

    async def __aexit__(self, *_: object) -> None:
        for node in list(self._servers):
            await self.refuse(node)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    @property
    def bootstrap(self) -> str:
        """The addresses of all brokers, as `--bootstrap-server` takes them."""
        return ",".join(address_text(self.host, self._ports[node]) for node in self.model.nodes)

    def port(self, node: int) -> int:
        """The port that a broker listens on; it stays the same over `refuse` and `accept`."""
        return self._ports[node]

    async def accept(self, node: int) -> None:
        """Let a broker listen (again)."""
        server = await asyncio.start_server(
            lambda reader, writer: self._serve(node, reader, writer), self.host, self._ports.get(node, 0), ssl=self.guard.tls
        )
        self._servers[node] = server
        self._ports[node] = server.sockets[0].getsockname()[1]

    async def refuse(self, node: int) -> None:
        """Close a broker's port and its connections: from now on it refuses."""
        server = self._servers.pop(node, None)
        if server is not None:
            server.close()
        self.drop(node)
        await asyncio.sleep(0)

    def drop(self, node: int) -> None:
        """Close a broker's connections and go on listening."""
        for writer, of in list(self._open.items()):
            if of == node:
                writer.transport.abort()

    async def _serve(self, node: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self.connections += 1
        self._open[writer] = node
        session = self.guard.session()
        try:
            while True:
                size = int.from_bytes(await reader.readexactly(4), "big", signed=True)
                if not 0 < size <= _LARGEST_REQUEST:
                    break
                if not await self._answer(node, await reader.readexactly(size), writer, session):
                    break
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._open.pop(writer, None)
            writer.transport.abort()

    async def _answer(self, node: int, frame: bytes, writer: asyncio.StreamWriter, session: FakeSession) -> bool:
        """Answer one request; False closes the connection."""
        api, version, correlation, body = _split_request(frame)
        self.requests.append((node, api, version))
        offered = self._list_versions(node)
        faults = self.faults.take(node, api, version)
        if api == Api.API_VERSIONS and not _within(version, offered.get(api)):
            answer = self._versions(node, 0, _UNSUPPORTED_VERSION)
        elif not _within(version, offered.get(api)) or not (session.authenticated or api in _SASL or api == Api.API_VERSIONS):
            return False
        elif api in _SASL:
            answer = session.answer(api, version, body)
        elif api == Api.API_VERSIONS:
            answer = self._versions(node, version, _code_of(faults, None, 0))
        else:
            answer = self._body(node, api, version, body, faults)
        shift = sum(fault.correlation_shift for fault in faults)
        head = (correlation + shift).to_bytes(4, "big", signed=True)
        if api != Api.API_VERSIONS and schema.flexible(api, version):
            head += b"\x00"
        response = (len(head) + len(answer)).to_bytes(4, "big") + head + answer
        return await _send(writer, response, faults)

    def _body(self, node: int, api: int, version: int, body: bytes, faults: list[Fault]) -> bytes:
        plain = not any(fault.error_code is not None or fault.throttle_ms for fault in faults)
        changes = (self.model.revision, self.model.revision_of.get(api, 0))
        shared = api in _SAME_EVERYWHERE and not self.model.nodes[node].cut_off
        key = (changes, None if shared else node, api, version, body)
        if plain and key in self._kept:
            return self._kept[key]
        request = read_request(api, version, body)
        call = Call(node, version, request, self.model, self._address, lambda at, code: _code_of(faults, at, code))
        values = dict(HANDLERS[api](call))
        values["throttle_time"] = max((fault.throttle_ms for fault in faults), default=0)
        answer = encode(build_response(api, version, values))
        if plain:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            self._kept[key] = answer
        return answer

    def _versions(self, node: int, version: int, code: int) -> bytes:
        keys = [
            {"api_key": api, "min_version": low, "max_version": high} for api, (low, high) in self._list_versions(node).items()
        ]
        features = self.model.features
        own = self.model.nodes[node].features
        supported = features if own is None else own
        values: dict[str, Any] = {
            "error_code": code,
            "api_keys": keys,
            "supported_features": [{"name": name, "min_version": 0, "max_version": top} for name, top in supported.items()],
            "finalized_features_epoch": self.model.revision,
            "finalized_features": [
                {"name": name, "max_version_level": top, "min_version_level": top} for name, top in features.items()
            ],
        }
        return encode(build_response(Api.API_VERSIONS, version, values))

    def _list_versions(self, node: int) -> dict[int, tuple[int, int]]:
        offered: dict[int, tuple[int, int]] = {}
        of_the_future = {api for of, api in self.faults.versions if of in {None, node}}
        for api in sorted({*HANDLERS, *_SASL, int(Api.API_VERSIONS), *of_the_future}):
            supported = schema.versions(api)
            narrowed = self.faults.versions.get((node, api), self.faults.versions.get((None, api), supported))
            if narrowed is not None:
                offered[api] = narrowed
        return offered

    def _address(self, node: int) -> tuple[str, int]:
        advertised = self.model.nodes[node]
        return advertised.host or self.host, advertised.port or self._ports.get(node, 0)


async def _send(writer: asyncio.StreamWriter, response: bytes, faults: list[Fault]) -> bool:
    for fault in faults:
        if fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        if fault.silent:
            return True
        if fault.reset:
            plug = writer.get_extra_info("socket")
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        if fault.close:
            return False
        if fault.instead is not None:
            writer.write(fault.instead)
            await writer.drain()
            return True
        if fault.cut_after is not None:
            writer.write(response[: fault.cut_after])
            await writer.drain()
            # Closing in order, not aborting: what was written has to arrive before the end does.
            writer.close()
            await writer.wait_closed()
            return False
        if fault.trickle_s is not None:
            for byte in response:
                writer.write(bytes((byte,)))
                await writer.drain()
                await asyncio.sleep(fault.trickle_s)
            return True
    writer.write(response)
    await writer.drain()
    await asyncio.sleep(max((fault.throttle_ms for fault in faults), default=0) / 1_000)
    return True


def _split_request(frame: bytes) -> tuple[int, int, int, bytes]:
    api = int.from_bytes(frame[:2], "big")
    version = int.from_bytes(frame[2:4], "big")
    correlation = int.from_bytes(frame[4:8], "big", signed=True)
    name = int.from_bytes(frame[8:10], "big", signed=True)
    at = 10 + max(0, name)
    supported = schema.versions(api)
    if supported is not None and supported[0] <= version <= supported[1] and schema.request_flexible(api, version):
        at += 1  # no tagged field in the header
    return api, version, correlation, frame[at:]


def _within(version: int, offered: tuple[int, int] | None) -> bool:
    return offered is not None and offered[0] <= version <= offered[1]


def _code_of(faults: list[Fault], key: object, code: int) -> int:
    for fault in faults:
        if fault.error_code is not None and fault.key in {None, key}:
            return fault.error_code
    return code


@contextlib.contextmanager
def fake_cluster(model: FakeModel | None = None, guard: FakeGuard | None = None) -> Generator[FakeCluster]:
    """A fake cluster on a thread of its own, for callers without an event loop. Change its model between requests only."""
    fake = FakeCluster(model, guard)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="fake cluster", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(fake.__aenter__(), loop).result(10)
        yield fake
    finally:
        asyncio.run_coroutine_threadsafe(fake.__aexit__(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
