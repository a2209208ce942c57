"""Brokers behind a proxy that alone knows their names."""

from __future__ import annotations

import asyncio
import time

import pytest

from kastellan.config.proxy import parse_proxy
from kastellan.config.security import Protocol, SecuritySettings, Store, Tls
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.outcome import Outcome, Trouble
from kastellan.kernel.secret import Secret
from kastellan.testing.certificates import Authority
from kastellan.testing.fake_broker import FakeCluster, FakeGuard, fake_model
from kastellan.wire.kafka import requests as q
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.client import Cluster
from kastellan.wire.kafka.endpoint import parse_endpoints
from kastellan.wire.kafka.members import ClusterMembers
from kastellan.wire.kafka.requests import RequestSpec
from kastellan.wire.kafka.security import Security
from tests.contract.wire.kit import free_port
from tests.contract.wire.peers import forever, peer
from tests.contract.wire.proxies import KINDS

AUTHORITY = Authority()
METADATA = RequestSpec(Api.METADATA, q.metadata)


def hidden_model():
    """Brokers that advertise names which only the proxy knows."""
    model = fake_model()
    for node, each in model.nodes.items():
        each.host, each.port = f"kafka-{node}.hidden", 9092
    return model


@pytest.mark.parametrize("user", ["", "user:pass%3Aword@"], ids=["open", "with a password"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_broker_is_reached_through_the_proxy_and_its_certificate_is_checked_by_its_own_name(kind, user):
    async def run() -> None:
        names = tuple(f"kafka-{node}.hidden" for node in (1, 2))
        guard = FakeGuard(tls=AUTHORITY.server(AUTHORITY.issue("broker", names)), mechanisms=())
        async with FakeCluster(hidden_model(), guard) as fake:
            ways = {f"kafka-{node}.hidden:9092": ("127.0.0.1", fake.port(node)) for node in (1, 2, 3)}
            async with KINDS[kind](ways, *(("user", "pass:word") if user else ())) as address:
                security = Security.of(SecuritySettings(Protocol.SSL, Tls(trust=Store(None, Secret(AUTHORITY.pem), place="x"))))
                proxy = parse_proxy(f"{kind}://{user}{address}")
                async with Cluster(parse_endpoints("kafka-1.hidden:9092"), security=security, proxy=proxy) as cluster:
                    found = await cluster.bootstrap(Deadline.after(20))
                    assert found.ok, found.sentence
                    told = [await cluster.ask(node, METADATA, Deadline.after(20)) for node in (1, 2, 3)]
                    assert [each.trouble for each in told] == [None, None, Trouble.INSECURE]
                    assert "a certificate for kafka-1.hidden, kafka-2.hidden, and was called kafka-3.hidden" in told[2].reason

    asyncio.run(run())


@pytest.mark.parametrize("kind", KINDS)
def test_a_broker_with_an_ipv6_address_is_reached_through_the_proxy(kind):
    async def run() -> None:
        async with FakeCluster(fake_model(brokers=1), host="::1") as fake:
            address = f"[::1]:{fake.port(1)}"
            async with KINDS[kind]({address: ("::1", fake.port(1))}) as through_proxy:
                proxy = parse_proxy(f"{kind}://{through_proxy}")
                async with Cluster(parse_endpoints(address), proxy=proxy) as cluster:
                    members = await cluster.bootstrap(Deadline.after(20))
                    assert members.ok, members.sentence
                    assert (await cluster.ask(1, METADATA, Deadline.after(20))).ok

    asyncio.run(run())


def through(proxy: str, seconds: float = 20) -> Outcome[ClusterMembers]:
    async def run() -> Outcome[ClusterMembers]:
        async with Cluster(parse_endpoints("kafka-1.hidden:9092"), proxy=parse_proxy(proxy)) as cluster:
            return await cluster.bootstrap(Deadline.after(seconds))

    return asyncio.run(run())


@pytest.mark.parametrize("kind", KINDS)
def test_a_proxy_that_is_not_there_is_told_apart_from_a_broker_that_is_not_there(kind):
    found = through(f"{kind}://user:hunter2@127.0.0.1:{free_port()}")
    assert found.trouble is Trouble.UNREACHABLE
    assert f"bootstrap kafka-1.hidden:9092: the proxy {kind}://127.0.0.1:" in found.sentence
    assert "cannot be reached" in found.sentence
    assert "hunter2" not in found.sentence


@pytest.mark.parametrize("kind", KINDS)
def test_a_broker_that_the_proxy_cannot_reach(kind):
    async def run() -> Outcome[ClusterMembers]:
        async with (
            KINDS[kind]({}) as address,
            Cluster(parse_endpoints("kafka-1.hidden:9092"), proxy=parse_proxy(f"{kind}://{address}")) as cluster,
        ):
            return await cluster.bootstrap(Deadline.after(20))

    found = asyncio.run(run())
    assert found.trouble in {Trouble.REFUSED, Trouble.UNREACHABLE}
    assert "bootstrap kafka-1.hidden:9092 cannot be reached by way of the proxy" in found.sentence


@pytest.mark.parametrize("kind", KINDS)
def test_a_proxy_that_does_not_know_us(kind):
    async def run() -> Outcome[ClusterMembers]:
        async with (
            KINDS[kind]({}, "user", "right") as address,
            Cluster(parse_endpoints("kafka-1.hidden:9092"), proxy=parse_proxy(f"{kind}://user:hunter2@{address}")) as cluster,
        ):
            return await cluster.bootstrap(Deadline.after(20))

    found = asyncio.run(run())
    assert found.trouble is Trouble.UNAUTHENTICATED, found.sentence
    assert "did not let us through" in found.sentence
    assert "hunter2" not in found.sentence


@pytest.mark.parametrize("kind", KINDS)
def test_a_proxy_that_says_nothing_ends_at_the_deadline(kind):
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await forever()

    async def run() -> None:
        async with (
            peer(silent) as endpoint,
            Cluster(parse_endpoints("a.hidden:1"), proxy=parse_proxy(f"{kind}://{endpoint.address}")) as cluster,
        ):
            began = time.monotonic()
            found = await cluster.bootstrap(Deadline.after(0.5))
            assert found.trouble is Trouble.SILENT
            assert "did not finish the connect through the proxy before the deadline" in found.sentence
            assert time.monotonic() - began < 8

    asyncio.run(run())
