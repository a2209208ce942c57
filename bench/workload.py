"""A workload with a known answer: topics, records, groups with commits and members, all by rule.

Nothing is drawn at random: what a cluster holds afterwards follows from the tier alone, so the oracle needs no cluster.
Partition `p` of topic `t` holds `records(t, p)` records; group `g` has committed `committed_offset(g, t, p)` of them.
"""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from kastellan.kernel.deadline import Deadline
from kastellan.wire.kafka import mutations, requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.client import Cluster, Target
from kastellan.wire.kafka.endpoint import parse_endpoints
from kastellan.wire.kafka.packing import FLEXIBLE, EncodedRequest, int32
from kastellan.wire.kafka.reply import decode_reply
from kastellan.wire.kafka.requests import RequestSpec, pack

PARTITIONS_A_TOPIC: Final = 10
TOPICS_A_GROUP: Final = 6
MEMBER_SESSION_MS: Final = 1_800_000
"""The longest that a broker grants by default: a member without a process stays for half an hour."""

_JOIN_GROUP, _SYNC_GROUP = 11, 14
_TOPICS_A_REQUEST: Final = 200
_BATCHES_A_REQUEST: Final = 2_500
_AT_ONCE: Final = 12
_PATIENCE_S: Final = 300.0
_RETRIED: Final = frozenset({3, 5, 6, 14, 15, 16, 19, 27, 79})
"""Errors of a cluster that is still taking in what was created, and MEMBER_ID_REQUIRED."""


class Tier(msgspec.Struct, frozen=True):
    """A size. `copies` is the replication factor."""

    name: str
    topics: int
    copies: int
    groups: int

    @property
    def partitions(self) -> int:
        """Without the internal topics."""
        return self.topics * PARTITIONS_A_TOPIC


TIERS: Final[Mapping[str, Tier]] = {
    tier.name: tier for tier in (Tier("S", 100, 3, 50), Tier("M", 1_000, 2, 300), Tier("L", 3_000, 1, 1_000))
}


def topic_name(number: int) -> str:
    """The name of a topic."""
    return f"bench.orders-{number:05d}"


def group_name(number: int) -> str:
    """The name of a group."""
    return f"bench.readers-{number:05d}"


def records(topic: int, partition: int) -> int:
    """How many records a partition holds: 0 to 3."""
    return (topic * 7 + partition * 3) % 4


def retention_ms(topic: int) -> int | None:
    """The retention that the topic sets itself; every eighth does."""
    return 86_400_000 * (1 + topic % 5) if topic % 8 == 0 else None


def topics_of(tier: Tier, group: int) -> list[int]:
    """The topics that a group reads."""
    return sorted({(group * 3 + step * 17) % tier.topics for step in range(TOPICS_A_GROUP)})


def committed_offset(group: int, topic: int, partition: int) -> int | None:
    """The committed offset; None where the group never committed (one in eleven)."""
    mark = group * 31 + topic * 13 + partition * 5
    return None if mark % 11 == 0 else mark % (records(topic, partition) + 1)


def commits_of(tier: Tier, group: int) -> Iterator[tuple[int, int, int]]:
    """(topic, partition, offset) of every commit of a group."""
    for topic in topics_of(tier, group):
        for partition in range(PARTITIONS_A_TOPIC):
            offset = committed_offset(group, topic, partition)
            if offset is not None:
                yield topic, partition, offset


def has_member(group: int) -> bool:
    """Every fifth group has one static classic member that owns all its partitions."""
    return group % 5 == 0


class Oracle(msgspec.Struct, frozen=True):
    """What must be seen on a cluster with this tier and nothing else."""

    partitions: int
    records: int
    pairs: int
    lag_records: int
    lag_by_group: Mapping[str, int]
    members: int
    assigned: int
    retentions: Mapping[str, str]


def oracle(tier: Tier) -> Oracle:
    """The right answer."""
    lags, pairs = dict[str, int](), 0
    for group in range(tier.groups):
        group_lags = [records(topic, partition) - offset for topic, partition, offset in commits_of(tier, group)]
        lags[group_name(group)] = sum(group_lags)
        pairs += len(group_lags)
    owners = [group for group in range(tier.groups) if has_member(group)]
    return Oracle(
        partitions=tier.partitions,
        records=sum(records(topic, partition) for topic in range(tier.topics) for partition in range(PARTITIONS_A_TOPIC)),
        pairs=pairs,
        lag_records=sum(lags.values()),
        lag_by_group=lags,
        members=len(owners),
        assigned=sum(len(topics_of(tier, group)) * PARTITIONS_A_TOPIC for group in owners),
        retentions={topic_name(topic): str(own) for topic in range(tier.topics) if (own := retention_ms(topic)) is not None},
    )


_ALL_COPIES = -1
"""An end counts once all copies in sync have the record."""


class Maker:
    """Creates a tier on an empty cluster."""

    def __init__(self, cluster: Cluster, tier: Tier) -> None:
        self._cluster = cluster
        self._tier = tier
        self._gate = asyncio.Semaphore(_AT_ONCE)

    async def topics(self) -> None:
        """Topics with their replicas placed by rule."""
        nodes = self._cluster.nodes
        for start in range(0, self._tier.topics, _TOPICS_A_REQUEST):
            new_topics = [
                self._topic(number, nodes) for number in range(start, min(start + _TOPICS_A_REQUEST, self._tier.topics))
            ]
            build = _with(mutations.create_topics, new_topics, timeout_ms=60_000)
            answer = await self._ask(None, RequestSpec(Api.CREATE_TOPICS, build))
            _refuse(topic.error_code for topic in answer.topics)

    def _topic(self, number: int, nodes: Sequence[int]) -> mutations.NewTopic:
        own = retention_ms(number)
        placed = {
            partition: [nodes[(number + partition + copy) % len(nodes)] for copy in range(self._tier.copies)]
            for partition in range(PARTITIONS_A_TOPIC)
        }
        # A follower that is starved for a moment must not refuse a write: that would change the known answer.
        configs = {"min.insync.replicas": "1"} | ({} if own is None else {"retention.ms": str(own)})
        return mutations.NewTopic(topic_name(number), configs=configs, assignments=placed)

    async def records(self, count: Callable[[int, int], int] = records) -> None:
        """`count` records more in every partition, in one batch each, asked of the leaders."""
        nodes = self._cluster.nodes
        batches = {size: mutations.record_batch([b"x"] * size, time.time_ns() // 1_000_000) for size in range(1, 5)}
        pieces: dict[int, list[dict[str, dict[int, bytes]]]] = {node: [{}] for node in nodes}
        for topic in range(self._tier.topics):
            for partition in range(PARTITIONS_A_TOPIC):
                size = count(topic, partition)
                if size:
                    of_node = pieces[nodes[(topic + partition) % len(nodes)]]
                    if sum(map(len, of_node[-1].values())) >= _BATCHES_A_REQUEST:
                        of_node.append({})
                    of_node[-1].setdefault(topic_name(topic), {})[partition] = batches[size]
        await asyncio.gather(*(self._write(node, batches) for node in nodes for batches in pieces[node] if batches))

    async def _write(self, node: int, batches: dict[str, dict[int, bytes]]) -> None:
        while batches:
            answer = await self._ask(
                node, RequestSpec(Api.PRODUCE, _with(mutations.produce, batches, acks=_ALL_COPIES), highest=12)
            )
            left: dict[str, dict[int, bytes]] = {}
            for topic in answer.responses:
                for part in topic.partition_responses:
                    if int(part.error_code) in _RETRIED:
                        left.setdefault(topic.name, {})[part.index] = batches[topic.name][part.index]
                    else:
                        _refuse([part.error_code])
            batches = left
            await asyncio.sleep(0.1 if left else 0)

    async def coordinators(self) -> dict[int, int]:
        """The broker that coordinates each group."""
        names = {group_name(group): group for group in range(self._tier.groups)}
        while True:
            build = _with(requests.find_coordinator, list(names))
            answer = await self._ask(None, RequestSpec(Api.FIND_COORDINATOR, build, lowest=4))
            if all(not coordinator.error_code for coordinator in answer.coordinators):
                return {names[coordinator.key]: int(coordinator.node_id) for coordinator in answer.coordinators}
            _refuse(coordinator.error_code for coordinator in answer.coordinators if int(coordinator.error_code) not in _RETRIED)
            await asyncio.sleep(0.2)

    async def commits(self, groups: Sequence[int], where: Mapping[int, int]) -> None:
        """The commits of these groups, before they get members."""
        await asyncio.gather(*(self._commit(group, where[group]) for group in groups))

    async def _commit(self, group: int, node: int) -> None:
        listed = [mutations.Commit(topic_name(t), p, offset) for t, p, offset in commits_of(self._tier, group)]
        build = _with(mutations.offset_commit, group_name(group), listed)
        while True:
            answer = await self._ask(node, RequestSpec(Api.OFFSET_COMMIT, build, highest=9))
            codes = {int(part.error_code) for topic in answer.topics for part in topic.partitions}
            if codes == {0}:
                return
            _refuse(codes - _RETRIED - {0})
            await asyncio.sleep(0.2)
            node = (await self.coordinators())[group]

    async def members(self, where: Mapping[int, int]) -> None:
        """One static member for every group that has one; it stays without a process."""
        owners = [group for group in range(self._tier.groups) if has_member(group)]
        await asyncio.gather(*(self._member(group, where[group]) for group in owners))

    async def _member(self, group: int, node: int) -> None:
        name, instance = group_name(group), f"reader-{group}"
        while True:
            joined = await self._ask(node, join_group(name, instance))
            if not joined.error_code:
                break
            _refuse([joined.error_code] if int(joined.error_code) not in _RETRIED else [])
            await asyncio.sleep(0.2)
            node = (await self.coordinators())[group]
        owned = {topic_name(topic): range(PARTITIONS_A_TOPIC) for topic in topics_of(self._tier, group)}
        synced = await self._ask(node, sync_group(name, instance, joined.member_id, joined.generation_id, owned))
        _refuse([synced.error_code])

    async def _ask(self, target: Target, request: EncodedRequest | RequestSpec) -> Any:  # noqa: ANN401  # entities are the codec's
        async with self._gate:
            outcome = await self._cluster.ask(target, request, Deadline.after(_PATIENCE_S))
        if outcome.value is None:
            raise SystemExit(f"bench: the workload could not be made: {outcome.reason}")
        return decode_reply(outcome.value)


def join_group(group: str, instance: str) -> EncodedRequest:
    """A static classic member that subscribes to nothing in particular."""
    subscription = struct.pack(">hii", 0, 0, 0)
    protocols = FLEXIBLE.count(1) + FLEXIBLE.text("range") + FLEXIBLE.raw(subscription) + b"\x00"
    head = FLEXIBLE.text(group) + int32(MEMBER_SESSION_MS) + int32(60_000) + FLEXIBLE.text("") + FLEXIBLE.text(instance)
    return pack(_JOIN_GROUP, 8, head, FLEXIBLE.text("consumer"), protocols, FLEXIBLE.text(None))  # pyright: ignore[reportArgumentType]


def sync_group(group: str, instance: str, member: str, generation: int, owned: Mapping[str, Sequence[int]]) -> EncodedRequest:
    """The leader's assignment: all to itself."""
    topics = b"".join(
        struct.pack(">h", len(topic)) + topic.encode() + struct.pack(f">i{len(numbers)}i", len(numbers), *numbers)
        for topic, numbers in owned.items()
    )
    assignment = struct.pack(">hi", 0, len(owned)) + topics + int32(0)
    identity = FLEXIBLE.text(group) + int32(generation) + FLEXIBLE.text(member) + FLEXIBLE.text(instance)
    kind = FLEXIBLE.text("consumer") + FLEXIBLE.text("range")
    listed = FLEXIBLE.count(1) + FLEXIBLE.text(member) + FLEXIBLE.raw(assignment) + b"\x00"
    return pack(_SYNC_GROUP, 5, identity, kind, listed)  # pyright: ignore[reportArgumentType]


async def make(bootstrap: str, tier: Tier, say: Callable[[str], None] = print) -> None:
    """Bring an empty cluster into the state that the oracle knows."""
    permit = mutations.grant("the workload of a benchmark on a lab of its own")
    async with Cluster(parse_endpoints(bootstrap), permit=permit) as cluster:
        await cluster.bootstrap(Deadline.after(30))
        maker = Maker(cluster, tier)
        begun = time.monotonic()
        await maker.topics()
        created_at = time.monotonic()
        say(f"  {tier.partitions} partitions with {tier.copies} replicas created in {created_at - begun:.0f} s")
        where = await maker.coordinators()
        await maker.records()
        await maker.commits(range(tier.groups), where)
        await maker.members(where)
        say(f"  records, commits of {tier.groups} groups and members in {time.monotonic() - created_at:.0f} s")


def _with(build: Callable[..., EncodedRequest], *values: object, **named: object) -> Callable[[int], EncodedRequest]:
    return lambda version: build(version, *values, **named)


def _refuse(codes: Any) -> None:  # noqa: ANN401  # any iterable of the codec's codes
    bad = sorted({int(code) for code in codes} - {0})
    if bad:
        raise SystemExit(f"bench: the cluster answered with error codes {bad} while the workload was made")
