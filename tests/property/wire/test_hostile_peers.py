"""Whatever a peer does on the wire, a look ends within its deadline, in a snapshot or in one sentence."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kastellan.app.observe import observe
from kastellan.checks.catalogue import all_checks
from kastellan.checks.evaluate import evaluate_all
from kastellan.engine.requests import TableRequest, merge_requests, request_tables
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import KastellanError
from kastellan.model.snapshot import Snapshot
from kastellan.reference.reference_data import packaged_releases
from kastellan.sources.kafka.source import KafkaSource
from kastellan.testing.fake_broker import FakeCluster
from kastellan.testing.fake_broker_model import fake_model
from kastellan.views.catalogue import all_views
from tests.contract.wire.peers import framed, peer, question

pytestmark = pytest.mark.enable_socket

DEADLINE_S = 0.5
LATE_S = 5.0
"""How late a look may end on a machine that is busy; one that waits for a peer would never end."""
REQUESTS = merge_requests(
    request_tables("brokers", "topics", "partitions", "replicas", "offsets", "log_dirs", "replica_sizes", "groups", "members"),
    request_tables("assignments", "commits", "quorum", "quorum_nodes", "features", "api_versions", "acls"),
    [
        TableRequest("topic_configs", frozenset({"cleanup.policy"})),
        TableRequest("broker_configs", frozenset({"min.insync.replicas"})),
    ],
)

SAID = st.one_of(
    st.binary(max_size=300),
    st.sampled_from(
        [
            b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
            b"\x15\x03\x03\x00\x02\x02\x28",  # a TLS alert
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # the beginning of a TLS handshake
            b"SSH-2.0-OpenSSH_9.2\r\n",
            b"\x7f\xff\xff\xff",  # a frame of two gigabytes
            b"\xff\xff\xff\xff",
            b"\x00\x00\x00\x00",
        ]
    ),
)
ANSWERED = st.binary(max_size=200)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), SAID),
        st.tuples(st.just("answer"), ANSWERED),
        st.tuples(st.just("drip"), st.binary(min_size=1, max_size=40)),
        st.tuples(st.just("another"), ANSWERED),
        st.tuples(st.just("hold"), st.just(b"")),
    ),
    max_size=6,
)


async def ended(source: KafkaSource) -> Snapshot | str:
    """What the look ended in; the test fails where it did not end in time, or in anything else."""
    began = time.monotonic()
    try:
        found: Snapshot | str = await asyncio.wait_for(observe(source, REQUESTS, Deadline.after(DEADLINE_S)), DEADLINE_S + LATE_S)
    except KastellanError as error:
        found = error.message
        assert "\n" not in found
        assert found.isprintable()
    finally:
        await asyncio.wait_for(source.close(), LATE_S)
    assert time.monotonic() - began < DEADLINE_S + LATE_S
    return found


@settings(max_examples=25)
@given(STEPS)
def test_a_peer_that_says_anything_costs_no_more_than_the_deadline(steps: Sequence[tuple[str, bytes]]) -> None:
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for how, data in steps:
            if how == "hold":
                await asyncio.Event().wait()
            elif how == "drip":
                for each in data:
                    writer.write(bytes([each]))
                    await writer.drain()
                    await asyncio.sleep(0.01)
            elif how == "say":
                writer.write(data)
            else:
                _, _, correlation = await question(reader)
                writer.write(framed(correlation + (how == "another"), data))
            await writer.drain()

    async def run() -> None:
        async with peer(behave) as endpoint:
            found = await ended(KafkaSource(f"{endpoint.host}:{endpoint.port}"))
            assert isinstance(found, str), "nothing of what it says is an answer of a cluster"

    asyncio.run(run())


@dataclass(frozen=True)
class Spoilt:
    """What a relay does to one connection: it drops, changes or repeats bytes from the broker, or stalls, at some place."""

    how: str
    at: int
    data: bytes


SPOILT = st.builds(
    Spoilt,
    st.sampled_from(["nothing", "nothing", "cut", "stall", "change", "insert", "leave out"]),
    st.integers(0, 4_000),
    st.binary(min_size=1, max_size=8),
)


@contextlib.asynccontextmanager
async def relay(port: int, plan: Sequence[Spoilt]) -> AsyncIterator[int]:
    """A relay to this port whose connections are spoilt one after the other as planned, round and round."""
    met: list[int] = []

    async def back(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, spoilt: Spoilt) -> None:
        passed = 0
        while data := await reader.read(65_536):
            begin, passed = passed, passed + len(data)
            if spoilt.how != "nothing" and begin <= spoilt.at < passed:
                place = spoilt.at - begin
                if spoilt.how in {"cut", "stall"}:
                    writer.write(data[:place])
                    await writer.drain()
                    if spoilt.how == "stall":
                        await asyncio.Event().wait()
                    return
                rest = data[place if spoilt.how == "insert" else place + len(spoilt.data) :]
                data = data[:place] + (b"" if spoilt.how == "leave out" else spoilt.data) + rest
            writer.write(data)
            await writer.drain()

    async def forth(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        spoilt = plan[len(met) % len(plan)]
        met.append(1)
        theirs, ours = await asyncio.open_connection("127.0.0.1", port)
        tasks = [asyncio.create_task(forth(reader, ours)), asyncio.create_task(back(theirs, writer, spoilt))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in tasks:
                each.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            ours.transport.abort()
            with contextlib.suppress(ConnectionError):
                await ours.wait_closed()

    async with peer(behave) as endpoint:
        yield endpoint.port


# A connection that our relay or the fake has accepted and not yet taken up when the test ends is closed by its destructor.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@settings(max_examples=25)
@given(st.lists(SPOILT, min_size=1, max_size=5))
def test_answers_that_are_spoilt_on_their_way_make_no_check_crash(plan: list[Spoilt]) -> None:
    async def run() -> None:
        async with FakeCluster(fake_model(groups=3)) as fake, contextlib.AsyncExitStack() as stack:
            ways: dict[str, str] = {}
            for address in fake.bootstrap.split(","):
                port = await stack.enter_async_context(relay(int(address.rpartition(":")[2]), plan))
                ways[address] = f"127.0.0.1:{port}"
            source = KafkaSource(fake.bootstrap, resolve=ways)
            found = await ended(source)
            if isinstance(found, Snapshot):
                assert not [
                    each.check for each in evaluate_all(found, all_checks(), all_views(packaged_releases())) if each.crashed
                ]

    asyncio.run(run())
