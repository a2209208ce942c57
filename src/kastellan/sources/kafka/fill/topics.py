"""Metadata to topics, partitions and replicas; DescribeTopicPartitions to eligible leader replicas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, repeat
from typing import Any

import msgspec
import polars as pl

from kastellan.model.table import Unseen
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.reassignments import Reassignments
from kastellan.model.tables.replicas import Replicas
from kastellan.model.tables.topics import Topics
from kastellan.sources.kafka.codes import error_name
from kastellan.sources.kafka.fill.runs import Runs


class Topology(msgspec.Struct, frozen=True):
    """What one Metadata answer says of topics, without the Answer."""

    topics: pl.DataFrame
    partitions: pl.DataFrame
    replicas: pl.DataFrame
    leaders: Mapping[int, Mapping[str, Sequence[int]]]
    """Partitions by leader and topic: whom to ask for offsets."""

    leaderless: int
    names: tuple[str, ...]

    def tables(self, answer: int, unseen: tuple[Unseen, ...] = ()) -> tuple[Topics, Partitions, Replicas]:
        """The tables, told by this Answer."""
        whose = pl.lit(answer, pl.Int32).alias("answer")
        return (
            Topics(self.topics.with_columns(whose), unseen),
            Partitions(self.partitions.with_columns(whose), unseen),
            Replicas(self.replicas.with_columns(whose), unseen),
        )


def topology(answer_topics: Iterable[Any]) -> Topology:
    """The topics in a Metadata answer (any version from 5 on)."""
    listed = list(answer_topics)
    leaders = _leaders(listed)
    leaderless = sum(map(len, leaders.pop(-1, {}).values()))
    parts = list(chain.from_iterable(each.partitions for each in listed))
    return Topology(
        _topics(listed),
        _partitions(listed, parts),
        _replicas(listed, parts),
        leaders,
        leaderless,
        tuple(each.name for each in listed),
    )


def _leaders(listed: list[Any]) -> dict[int, dict[str, list[int]]]:
    leaders: dict[int, dict[str, list[int]]] = {}
    for topic in listed:
        for each in topic.partitions:
            leaders.setdefault(each.leader_id, {}).setdefault(topic.name, []).append(each.partition_index)
    return leaders


def _topics(listed: list[Any]) -> pl.DataFrame:
    columns = {
        "topic": [each.name for each in listed],
        "topic_id": [each.topic_id.hex if getattr(each, "topic_id", None) else None for each in listed],
        "internal": [each.is_internal for each in listed],
        "error": [error_name(each.error_code) or "" for each in listed],
    }
    return _frame(columns, Topics.schema())


def _partitions(listed: list[Any], parts: list[Any]) -> pl.DataFrame:
    names = Runs()
    for topic in listed:
        names.add(topic.name, len(topic.partitions))
    columns = {
        "topic": names.series(),
        "partition": [each.partition_index for each in parts],
        "leader": [each.leader_id for each in parts],
        "leader_epoch": [getattr(each, "leader_epoch", None) for each in parts],
        "error": [error_name(each.error_code) or "" for each in parts],
    }
    return _frame(columns, Partitions.schema())


def _replicas(listed: list[Any], parts: list[Any]) -> pl.DataFrame:
    names = Runs()
    for topic in listed:
        names.add(topic.name, sum([len(each.replica_nodes) for each in topic.partitions]))
    columns = {
        "topic": names.series(),
        "partition": list(chain.from_iterable(repeat(each.partition_index, len(each.replica_nodes)) for each in parts)),
        "broker": list(chain.from_iterable(each.replica_nodes for each in parts)),
        "position": list(chain.from_iterable(range(len(each.replica_nodes)) for each in parts)),
        "in_sync": [broker in each.isr_nodes for each in parts for broker in each.replica_nodes],
        "offline": [broker in each.offline_replicas for each in parts for broker in each.replica_nodes],
    }
    schema = Replicas.schema()
    unknown = (pl.lit(None, schema[each]).alias(each) for each in ("eligible", "last_known_eligible"))
    return _frame(columns, schema).with_columns(*unknown)


def _frame(columns: Mapping[str, Any], schema: Mapping[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([pl.Series(name, values, dtype=schema[name]) for name, values in columns.items()])


def eligible(replicas: Replicas, pages: Iterable[Any]) -> Replicas:
    """The replicas with their membership of the eligible leader replicas and of the last known ones (KIP-966).

    Only partitions that are not fully in sync can have any; for the others the answer is no without asking.
    """
    listed = list(pages)
    frame = replicas.df
    for name, field in (("eligible", "eligible_leader_replicas"), ("last_known_eligible", "last_known_elr")):
        rows = [
            (topic.name, part.partition_index, broker)
            for page in listed
            for topic in page.topics
            for part in topic.partitions
            for broker in getattr(part, field) or ()
        ]
        known = pl.DataFrame(rows, schema={"topic": pl.String, "partition": pl.Int32, "broker": pl.Int32}, orient="row")
        frame = frame.drop(name).join(
            known.with_columns(pl.lit(value=True).alias(name)), on=["topic", "partition", "broker"], how="left",
            maintain_order="left",
        )  # fmt: skip
    told = (pl.col(each).fill_null(value=False) for each in ("eligible", "last_known_eligible"))
    return Replicas(frame.with_columns(*told), replicas.unseen)


def reassignments(answer_topics: Iterable[Any] | None, answer: int) -> Reassignments:
    """Running reassignments, one row per replica that comes or goes."""
    rows = [
        {"topic": topic.name, "partition": part.partition_index, "broker": broker, "adding": adding, "answer": answer}
        for topic in answer_topics or ()
        for part in topic.partitions
        for brokers, adding in ((part.adding_replicas, True), (part.removing_replicas, False))
        for broker in brokers
    ]
    return Reassignments.of_rows(rows)
