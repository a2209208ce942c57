"""What the load is: topics, writers and groups with their rates. Pure; the truth file is made from it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from kastellan.lab.model import KAFKA_4


class TopicTruth(msgspec.Struct, frozen=True, kw_only=True):
    """A topic as it must be found. `moves` says whether records keep coming."""

    name: str
    partitions: int
    replication_factor: int
    configs: Mapping[str, str]
    moves: bool


class GroupTruth(msgspec.Struct, frozen=True, kw_only=True):
    """A group as it must be found.

    `kind` is `classic`, `consumer` (KIP-848), `assigned` (commits, and no members ever) or `abandoned` (committed once, members
    gone). `moves`: its commits advance. `keeps_up`: its lag stays bounded.
    """

    name: str
    kind: str
    topics: tuple[str, ...]
    members: int
    moves: bool
    keeps_up: bool


class LoadTruth(msgspec.Struct, frozen=True, kw_only=True):
    """The known answer: everything that this load made. `started_ms` is wall-clock epoch milliseconds."""

    bootstrap: str
    started_ms: int
    topics: tuple[TopicTruth, ...]
    groups: tuple[GroupTruth, ...]
    transactional_ids: tuple[str, ...]


class Writer(msgspec.Struct, frozen=True, kw_only=True):
    """A producer: `per_s` records a second in batches of `batch`, over `keys` keys; `hot` of them carry one key.

    With a transactional id each batch is one transaction. `limit` ends it after that many records.
    """

    part: str
    topic: str
    per_s: float
    batch: int
    keys: int = 200
    hot: float = 0.0
    transactional_id: str = ""
    limit: int = 0


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """A consumer: one member of a group, or one that assigns itself. `per_s` 0 means as fast as records come.

    `once` means: commit once and leave.
    """

    part: str
    group: str
    topic: str
    kind: str
    per_s: float = 0.0
    once: bool = False


TOPICS: Mapping[str, tuple[int, bool, Mapping[str, str]]] = {
    "orders": (6, True, {}),
    "payments": (3, True, {}),
    "customers": (3, True, {"cleanup.policy": "compact"}),
    "events": (3, True, {}),
    "clicks": (1, True, {}),
    "archive": (3, False, {"retention.ms": "604800000"}),
}
"""Name: partitions, whether it moves, configs beside min.insync.replicas."""

WRITERS: tuple[Writer, ...] = (
    Writer(part="write-orders", topic="orders", per_s=40, batch=20, hot=0.5),
    Writer(part="write-payments", topic="payments", per_s=8, batch=8, transactional_id="lab-payments"),
    Writer(part="write-customers", topic="customers", per_s=6, batch=6, keys=50),
    Writer(part="write-events", topic="events", per_s=9, batch=9),
    Writer(part="write-clicks", topic="clicks", per_s=12, batch=12),
    Writer(part="write-archive", topic="archive", per_s=60, batch=60, limit=60),
)
GROUPS: tuple[GroupTruth, ...] = (
    GroupTruth(name="billing", kind="classic", topics=("orders",), members=3, moves=True, keeps_up=True),
    GroupTruth(name="shipping", kind="consumer", topics=("orders",), members=2, moves=True, keeps_up=True),
    GroupTruth(name="ledger", kind="classic", topics=("payments",), members=1, moves=True, keeps_up=True),
    GroupTruth(name="reporting", kind="assigned", topics=("customers",), members=0, moves=True, keeps_up=True),
    GroupTruth(name="archivists", kind="classic", topics=("archive",), members=1, moves=False, keeps_up=True),
    GroupTruth(name="abandoned", kind="abandoned", topics=("events",), members=0, moves=False, keeps_up=False),
    GroupTruth(name="lagging", kind="classic", topics=("clicks",), members=1, moves=True, keeps_up=False),
)
_SLOW_PER_S = 4.0


def groups_for(kafka: str) -> tuple[GroupTruth, ...]:
    """The groups on this kind of Kafka: before 4 there is only the classic protocol."""
    if kafka == KAFKA_4:
        return GROUPS
    return tuple(msgspec.structs.replace(group, kind="classic") if group.kind == "consumer" else group for group in GROUPS)


def readers(kafka: str = KAFKA_4) -> tuple[Reader, ...]:
    """One reader for each member, and one for each group without members."""
    all_readers: list[Reader] = []
    for group in groups_for(kafka):
        all_readers += [
            Reader(
                part=f"{group.name}-{number}",
                group=group.name,
                topic=group.topics[0],
                kind=group.kind,
                per_s=_SLOW_PER_S if group.members and group.moves and not group.keeps_up else 0.0,
                once=group.kind == "abandoned",
            )
            for number in range(1, max(1, group.members) + 1)
        ]
    return tuple(all_readers)


def truth_for(bootstrap: str, brokers: int, started_ms: int, kafka: str = KAFKA_4) -> LoadTruth:
    """The known answer on a cluster with so many brokers of this kind of Kafka."""
    copies = min(3, brokers)
    topics = tuple(
        TopicTruth(
            name=name,
            partitions=partitions,
            replication_factor=copies,
            configs={"min.insync.replicas": str(max(1, copies - 1)), **configs},
            moves=moves,
        )
        for name, (partitions, moves, configs) in TOPICS.items()
    )
    ids = tuple(writer.transactional_id for writer in WRITERS if writer.transactional_id)
    return LoadTruth(bootstrap=bootstrap, started_ms=started_ms, topics=topics, groups=groups_for(kafka), transactional_ids=ids)
