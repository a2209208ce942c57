"""What the wire promises of any cluster: the fake has to keep it always, a real Kafka in the lab layer.

Each behaviour is a coroutine over a `Place`. `BEHAVIOURS` is read by both tests.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from kastellan.config.security import SecuritySettings
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import NotPermitted
from kastellan.kernel.fan_out import fan_out
from kastellan.kernel.outcome import Outcome, State, Trouble
from kastellan.wire.kafka import mutations as m
from kastellan.wire.kafka import requests as q
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.client import Cluster
from kastellan.wire.kafka.endpoint import parse_endpoints
from kastellan.wire.kafka.packing import EncodedRequest
from kastellan.wire.kafka.permit import Permit
from kastellan.wire.kafka.reply import Reply, decode_reply
from kastellan.wire.kafka.requests import RequestSpec
from kastellan.wire.kafka.security import Security

PATIENCE_S = 60.0
TOPIC = "kit-of-the-wire"
GROUP = "kit-of-the-wire"


class Place(msgspec.Struct, frozen=True):
    """A cluster to try: three brokers, which are the controllers too."""

    bootstrap: str
    controllers: str
    security: SecuritySettings = SecuritySettings()

    def client(self, permit: Permit | None = None, bootstrap: str | None = None) -> Cluster:
        return Cluster(parse_endpoints(bootstrap or self.bootstrap), permit=permit, security=Security.of(self.security))


def soon() -> Deadline:
    return Deadline.after(PATIENCE_S)


async def told(cluster: Cluster, node: int | None, request: EncodedRequest | RequestSpec):
    outcome = await cluster.ask(node, request, soon())
    assert outcome.value is not None, outcome.sentence
    assert outcome.state is State.COMPLETE
    return decode_reply(outcome.value)


async def started(cluster: Cluster) -> None:
    found = await cluster.bootstrap(soon())
    assert found.value is not None, found.sentence


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def bootstrap_learns_every_broker(place: Place) -> None:
    async with place.client() as cluster:
        found = await cluster.bootstrap(soon())
        assert found.value is not None
        assert found.value.cluster_id
        assert cluster.nodes == (1, 2, 3)
        assert {each.node_id for each in found.value.nodes} == {1, 2, 3}
        assert found.arrived_ms is not None
        assert found.arrived_ms >= found.sent_ms


async def one_dead_address_does_not_hide_the_cluster(place: Place) -> None:
    dead = f"127.0.0.1:{free_port()}"
    async with place.client(bootstrap=f"{dead},no-such-host.invalid:9092,{place.bootstrap}") as cluster:
        await started(cluster)
        outcomes = {}
        for _ in range(400):
            outcomes = {each.address: outcome for each, outcome in cluster.bootstrap_outcomes.items()}
            if dead in outcomes and "no-such-host.invalid:9092" in outcomes:
                break
            await asyncio.sleep(0.05)
        assert outcomes[dead].trouble is Trouble.REFUSED
        assert outcomes["no-such-host.invalid:9092"].trouble is Trouble.UNRESOLVED


async def many_questions_share_one_connection_and_are_counted(place: Place) -> None:
    async with place.client() as cluster:
        await started(cluster)
        before = cluster.costs()
        answers = await asyncio.gather(*(told(cluster, 1, RequestSpec(Api.METADATA, q.metadata)) for _ in range(50)))
        assert {len(each.brokers) for each in answers} == {3}
        spent = cluster.costs().since(before).by_api["Metadata"]
        assert spent.requests == 50
        assert spent.bytes_in > spent.bytes_out > 50 * 20


async def every_leader_knows_its_ends_and_nobody_elses(place: Place) -> None:
    async with place.client() as cluster:
        await started(cluster)
        until = soon()
        # Where leaders have just moved or a topic was just deleted, brokers differ for a moment; then they must agree.
        while (codes := await _codes_of_ends(cluster, led := await _led(cluster))) != {0}:
            assert not until.passed, codes
            await asyncio.sleep(0.1)
        other = await told(cluster, 1, RequestSpec(Api.LIST_OFFSETS, lambda v: q.list_offsets(v, led[2], q.LATEST)))
        assert {int(each.error_code) for topic in other.topics for each in topic.partitions} == {6}


async def _led(cluster: Cluster) -> dict[int, dict[str, list[int]]]:
    """The partitions of each leader, as one broker tells them."""
    topics = await told(cluster, None, RequestSpec(Api.METADATA, q.metadata))
    led: dict[int, dict[str, list[int]]] = {node: {} for node in cluster.nodes}
    for topic in topics.topics:
        for each in topic.partitions:
            led.setdefault(each.leader_id, {}).setdefault(topic.name, []).append(each.partition_index)
    return led


async def _codes_of_ends(cluster: Cluster, led: dict[int, dict[str, list[int]]]) -> set[int]:
    """The error codes of all end offsets, each asked of the leader; every one without a code is an offset."""

    async def ends(node: int, deadline: Deadline) -> Outcome[Reply]:
        return await cluster.ask(node, RequestSpec(Api.LIST_OFFSETS, lambda v: q.list_offsets(v, led[node], q.LATEST)), deadline)

    outcomes = await fan_out(cluster.nodes, ends, soon())
    assert list(outcomes) == [1, 2, 3]
    codes: set[int] = set()
    for outcome in outcomes.values():
        assert outcome.value is not None, outcome.sentence
        partitions = [each for topic in decode_reply(outcome.value).topics for each in topic.partitions]
        assert partitions
        assert all(each.offset >= 0 for each in partitions if not each.error_code)
        codes |= {int(each.error_code) for each in partitions}
    return codes


async def what_is_not_there_has_its_code_and_nothing_else_fails(place: Place) -> None:
    async with place.client() as cluster:
        await started(cluster)
        answer = await told(cluster, 1, RequestSpec(Api.METADATA, lambda v: q.metadata(v, ["no-such-topic"]), lowest=4))
        assert [(each.name, int(each.error_code)) for each in answer.topics] == [("no-such-topic", 3)]
        consumer = await told(
            cluster, 1, RequestSpec(Api.CONSUMER_GROUP_DESCRIBE, lambda v: q.consumer_group_describe(v, ["no-such"]))
        )
        assert [int(each.error_code) for each in consumer.groups] in ([69], [16])
        whole = await told(cluster, 1, RequestSpec(Api.METADATA, lambda v: q.metadata(v, ())))
        assert whole.topics == ()


async def pages_of_topics_are_the_same_partitions(place: Place) -> None:
    async with place.client() as cluster:
        await started(cluster)
        topics = await told(cluster, 1, RequestSpec(Api.METADATA, q.metadata))
        names = sorted(topic.name for topic in topics.topics)[:3]
        wanted = {
            (topic.name, each.partition_index) for topic in topics.topics if topic.name in names for each in topic.partitions
        }
        seen: list[tuple[str, int]] = []
        cursor: tuple[str, int] | None = None
        for _ in range(len(wanted) + 1):
            page = RequestSpec(
                Api.DESCRIBE_TOPIC_PARTITIONS, lambda v, at=cursor: q.describe_topic_partitions(v, names, limit=4, cursor=at)
            )
            answer = await told(cluster, 1, page)
            seen += [(topic.name, each.partition_index) for topic in answer.topics for each in topic.partitions]
            if answer.next_cursor is None:
                break
            cursor = (answer.next_cursor.topic_name, answer.next_cursor.partition_index)
        assert len(seen) == len(set(seen))
        assert set(seen) == wanted


async def a_reading_client_sends_nothing_that_changes(place: Place) -> None:
    async with place.client() as cluster:
        await started(cluster)
        before = cluster.costs()
        with pytest.raises(NotPermitted, match="CreateTopics changes a cluster"):
            await cluster.ask(1, RequestSpec(Api.CREATE_TOPICS, lambda v: m.create_topics(v, [m.NewTopic("x", 1, 1)])), soon())
        with pytest.raises(NotPermitted):
            await cluster.ask(1, EncodedRequest(999, 0, b"", flexible=True), soon())
        assert cluster.costs() == before


async def with_a_permit_topics_and_commits_come_and_go(place: Place) -> None:
    async with place.client(m.grant("the contract of the wire")) as cluster:
        await started(cluster)
        await cluster.ask(1, RequestSpec(Api.DELETE_TOPICS, lambda v: m.delete_topics(v, [TOPIC])), soon())
        created = await told(cluster, 1, RequestSpec(Api.CREATE_TOPICS, lambda v: m.create_topics(v, [m.NewTopic(TOPIC, 2, 1)])))
        assert [int(each.error_code) for each in created.topics] == [0]
        await _until(cluster, present=True)
        coordinator = await _coordinator(cluster)
        await told(
            cluster,
            coordinator,
            RequestSpec(Api.OFFSET_COMMIT, lambda v: m.offset_commit(v, GROUP, [m.Commit(TOPIC, 1, 7, metadata="x")])),
        )
        fetched = await told(
            cluster, coordinator, RequestSpec(Api.OFFSET_FETCH, lambda v: q.offset_fetch(v, {GROUP: None, "none": None}))
        )
        commits = {
            (group.group_id, topic.name, each.partition_index): each.committed_offset
            for group in fetched.groups
            for topic in group.topics
            for each in topic.partitions
        }
        assert commits == {(GROUP, TOPIC, 1): 7}
        other = next(node for node in cluster.nodes if node != coordinator)
        refused = await told(cluster, other, RequestSpec(Api.OFFSET_FETCH, lambda v: q.offset_fetch(v, {GROUP: None})))
        assert [int(each.error_code) for each in refused.groups] == [16]
        deleted = await told(cluster, 1, RequestSpec(Api.DELETE_TOPICS, lambda v: m.delete_topics(v, [TOPIC])))
        assert [int(each.error_code) for each in deleted.responses] == [0]
        await _until(cluster, present=False)


async def _until(cluster: Cluster, *, present: bool) -> None:
    for _ in range(200):
        answers = [
            await told(cluster, node, RequestSpec(Api.METADATA, lambda v: q.metadata(v, [TOPIC]), lowest=4))
            for node in cluster.nodes
        ]
        ready = [
            all(each.leader_id > 0 for each in answer.topics[0].partitions) and answer.topics[0].error_code == 0
            for answer in answers
        ]
        if all(each is present for each in ready):
            return
        await asyncio.sleep(0.05)
    pytest.fail(f"{TOPIC} did not become {'present' if present else 'absent'}")


async def _coordinator(cluster: Cluster) -> int:
    for _ in range(200):
        answer = await told(cluster, 1, RequestSpec(Api.FIND_COORDINATOR, lambda v: q.find_coordinator(v, [GROUP])))
        (found,) = answer.coordinators
        if found.error_code == 0:
            probe = await told(cluster, found.node_id, RequestSpec(Api.OFFSET_FETCH, lambda v: q.offset_fetch(v, {GROUP: None})))
            if probe.groups[0].error_code == 0:
                return int(found.node_id)
        await asyncio.sleep(0.05)
    pytest.fail("nobody coordinates the group")


async def a_version_that_nobody_speaks_is_unsupported(place: Place) -> None:
    async with place.client() as cluster:
        await started(cluster)
        outcome = await cluster.ask(1, EncodedRequest(Api.METADATA, 99, b"", flexible=True), soon())
        assert (outcome.state, outcome.trouble) == (State.UNSUPPORTED, Trouble.UNSUPPORTED)
        assert "Metadata versions" in outcome.sentence
        outcome = await cluster.ask(1, RequestSpec(Api.METADATA, q.metadata, lowest=98), soon())
        assert outcome.trouble is Trouble.UNSUPPORTED


async def a_missed_deadline_leaves_the_connection_usable(place: Place) -> None:
    async with place.client() as cluster:
        await started(cluster)
        await told(cluster, 1, RequestSpec(Api.METADATA, q.metadata))
        for _ in range(5):
            missed = await cluster.ask(1, RequestSpec(Api.METADATA, q.metadata), Deadline.after(0.000_1))
            assert missed.value is None or missed.state is State.COMPLETE
        assert len((await told(cluster, 1, RequestSpec(Api.METADATA, q.metadata))).brokers) == 3


async def a_broker_that_nobody_named_is_said_to_be_unknown(place: Place) -> None:
    async with place.client() as cluster:
        await started(cluster)
        outcome = await cluster.ask(77, RequestSpec(Api.METADATA, q.metadata), soon())
        assert outcome.trouble is Trouble.UNREACHABLE
        assert outcome.sentence == "no broker told an address of broker 77"


async def controllers_are_reached_by_their_own_addresses(place: Place) -> None:
    addresses = parse_endpoints(place.controllers, role="controller", option="--bootstrap-controller")
    async with Cluster(addresses, security=Security.of(place.security)) as cluster:
        found = await cluster.bootstrap(soon())
        assert found.value is not None, found.sentence
        assert {each.node_id for each in found.value.nodes} == {1, 2, 3}
        assert {each.role for each in found.value.nodes} == {"controller"}
        outcome = await cluster.ask(
            found.value.nodes[0],
            RequestSpec(Api.DESCRIBE_CLUSTER, lambda v: q.describe_cluster(v, controllers=True), lowest=1),
            soon(),
        )
        assert outcome.value is not None
        assert cluster.nodes == ()


BEHAVIOURS: list[Callable[[Place], Awaitable[None]]] = [
    bootstrap_learns_every_broker,
    one_dead_address_does_not_hide_the_cluster,
    many_questions_share_one_connection_and_are_counted,
    every_leader_knows_its_ends_and_nobody_elses,
    what_is_not_there_has_its_code_and_nothing_else_fails,
    pages_of_topics_are_the_same_partitions,
    a_reading_client_sends_nothing_that_changes,
    with_a_permit_topics_and_commits_come_and_go,
    a_version_that_nobody_speaks_is_unsupported,
    a_missed_deadline_leaves_the_connection_usable,
    a_broker_that_nobody_named_is_said_to_be_unknown,
    controllers_are_reached_by_their_own_addresses,
]
