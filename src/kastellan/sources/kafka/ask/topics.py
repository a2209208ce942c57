"""Topics, partitions and replicas; reassignments; eligible leader replicas; and what is hidden from this principal."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import polars as pl

from kastellan.kernel.outcome import State
from kastellan.model.table import Unseen
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.replicas import Replicas
from kastellan.model.tables.topics import Topics
from kastellan.sources.kafka.collect_session import CollectSession, binding
from kastellan.sources.kafka.fill import brokers as fill_brokers
from kastellan.sources.kafka.fill import topics as fill
from kastellan.sources.kafka.requester import Turn
from kastellan.wire.kafka import requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.members import brokers_of
from kastellan.wire.kafka.metadata_head import Listed, metadata_head
from kastellan.wire.kafka.reply import Reply
from kastellan.wire.kafka.requests import RequestSpec

TABLES: Final = frozenset(
    {"topics", "partitions", "replicas", "offsets", "last_stable_offsets", "topic_configs", "replica_sizes", "producers"}
)
_ELR_PAGES: Final = 5


class _Whole(msgspec.Struct, frozen=True):
    """A Metadata answer: what is remembered of it is the topology."""

    topology: fill.Topology
    brokers: tuple[Any, ...]
    cluster_id: str | None


def _whole(entity: Any) -> _Whole:  # noqa: ANN401
    return _Whole(fill.topology(entity.topics), tuple(entity.brokers), entity.cluster_id)


class _Heads:
    """The heads of the Metadata answers of one look: they differ where the topics do not."""

    def __init__(self) -> None:
        self.last: tuple[tuple[Listed, ...], str | None] | None = None

    def topics_at(self, reply: Reply) -> int | None:
        head = metadata_head(reply.version, reply.data)
        self.last = (tuple(head.brokers), head.cluster_id) if head is not None else None
        return head.topics_at if head is not None else None


async def topics(look: CollectSession) -> fill_brokers.Registry | None:
    """Topics with their partitions and replicas; returns the live brokers that the same answer names."""
    heads = _Heads()
    turn = Turn(_whole, "metadata", heads.topics_at)
    got = await look.any(RequestSpec(Api.METADATA, requests.metadata, lowest=5), turn=turn)
    if got.value is None:
        unseen = (Unseen(got.answer, "topic"),)
        look.put(*(kind.empty().with_unseen(unseen) for kind in (Topics, Partitions, Replicas)))
        return None
    brokers, cluster_id = heads.last or (got.value.brokers, got.value.cluster_id)
    look.cluster_id = look.cluster_id or cluster_id
    look.topology = got.value.topology
    if not look.full_rights:
        look.visible_only(got.answer, "topics")
    look.put(*got.value.topology.tables(got.answer))
    look.cluster.learn(brokers_of(_Named(brokers)))
    return fill_brokers.Registry(tuple(brokers), got.answer, tells_fenced=False)


class _Named(msgspec.Struct, frozen=True):
    brokers: tuple[Any, ...]


async def reassignments(look: CollectSession) -> None:
    """Running reassignments."""
    if not look.wants("reassignments"):
        return
    got = await look.controller(RequestSpec(Api.LIST_PARTITION_REASSIGNMENTS, requests.list_partition_reassignments))
    table = fill.reassignments(got.value.topics if got.value else None, got.answer)
    look.put(table if got.value else table.with_unseen((Unseen(got.answer, "topic"),)))


async def eligible(look: CollectSession) -> None:
    """Eligible leader replicas of the partitions that are not fully in sync; the others have none."""
    await look.features_told.wait()
    features, replicas = look.tables.get("features"), look.tables.get("replicas")
    levels = {} if features is None else {row["feature"]: row["finalized_level"] for row in features.df.iter_rows(named=True)}
    if not levels.get("eligible.leader.replicas.version") or not isinstance(replicas, Replicas) or replicas.unseen:
        return
    names = replicas.df.filter(~pl.col("in_sync"))["topic"].unique().sort().to_list()
    pages = await _pages(look, names) if names else []
    if pages is not None:
        look.put(fill.eligible(replicas, pages))


async def _pages(look: CollectSession, names: list[str]) -> list[Any] | None:
    """All pages of the description, or None when there are too many or one of them did not come."""
    pages, cursor = list[Any](), None
    for _ in range(_ELR_PAGES):
        build = binding(requests.describe_topic_partitions, names, cursor=cursor)
        got = await look.any(RequestSpec(Api.DESCRIBE_TOPIC_PARTITIONS, build))
        if got.value is None:
            return None
        pages.append(got.value)
        if got.value.next_cursor is None:
            return pages
        cursor = (got.value.next_cursor.topic_name, got.value.next_cursor.partition_index)
    return None


def judge_sight(look: CollectSession) -> None:
    """Log directories need no right on topics: what they hold and Metadata leaves out is hidden from us."""
    sizes, seen = look.tables.get("replica_sizes"), look.tables.get("topics")
    if sizes is None or seen is None or look.full_rights or not seen.df.height:
        return
    hidden = sizes.df.select("topic").drop_nulls().unique().join(seen.df.select("topic"), on="topic", how="anti").height
    if hidden:
        answer = int(seen.df["answer"][0])
        look.answers.grade(answer, State.VISIBLE_ONLY, f"at least {hidden} topics are hidden from this principal")
        for name in sorted(TABLES - {"replica_sizes", "producers"}):
            if name in look.tables:
                look.put(look.tables[name].with_unseen((*look.tables[name].unseen, Unseen(answer, "topic"))))
