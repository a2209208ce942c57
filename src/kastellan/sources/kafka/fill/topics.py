"""Metadata to topics, partitions and replicas; DescribeTopicPartitions to eligible leader replicas."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, repeat
from typing import Any, Final

import msgspec
import polars as pl

from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.reassignments import Reassignments
from kastellan.model.tables.replicas import Replicas
from kastellan.model.tables.topics import Topics
from kastellan.sources.kafka.codes import error_name
from kastellan.sources.kafka.fill.runs import Runs

_TELLING_ERRORS: Final = frozenset({5, 56})
"""LEADER_NOT_AVAILABLE and KAFKA_STORAGE_ERROR come with leader, replicas and ISR all the same."""


class Topology(msgspec.Struct, frozen=True):
    """What one Metadata answer says of topics."""

    topics: Topics
    partitions: Partitions
    replicas: Replicas
    leaders: dict[int, dict[str, list[int]]]
    """Partitions by leader and topic: whom to ask for offsets."""

    leaderless: int


def topology(answer_topics: Iterable[Any], answer: int) -> Topology:
    """Tables of the topics in a Metadata answer (any version from 5 on)."""
    listed = list(answer_topics)
    topics = _topics(listed, answer)
    parts, names, leaders = [], Runs(), dict[int, dict[str, list[int]]]()
    replica_names = Runs()
    for topic in listed:
        of_topic = topic.partitions
        parts.extend(of_topic)
        names.add(topic.name, len(of_topic))
        replica_names.add(topic.name, sum([len(each.replica_nodes) for each in of_topic]))
        for each in of_topic:
            by_topic = leaders.get(each.leader_id)
            if by_topic is None:
                by_topic = leaders[each.leader_id] = {}
            numbers = by_topic.get(topic.name)
            if numbers is None:
                by_topic[topic.name] = [each.partition_index]
            else:
                numbers.append(each.partition_index)
    leaderless = sum(map(len, leaders.pop(-1, {}).values()))
    return Topology(topics, _partitions(parts, names, answer), _replicas(parts, replica_names, answer), leaders, leaderless)


def _topics(listed: list[Any], answer: int) -> Topics:
    return Topics.of(
        {
            "topic": [each.name for each in listed],
            "topic_id": [each.topic_id.hex if getattr(each, "topic_id", None) else None for each in listed],
            "internal": [each.is_internal for each in listed],
            "error": [error_name(each.error_code) for each in listed],
            "answer": [answer] * len(listed),
        }
    )


def _partitions(parts: list[Any], names: Runs, answer: int) -> Partitions:
    return Partitions.of(
        {
            "topic": names.series(),
            "partition": [each.partition_index for each in parts],
            "leader": [each.leader_id for each in parts],
            "leader_epoch": [getattr(each, "leader_epoch", None) for each in parts],
            "error": [error_name(each.error_code) for each in parts],
            "answer": [answer] * len(parts),
        }
    )


def _replicas(parts: list[Any], names: Runs, answer: int) -> Replicas:
    brokers = list(chain.from_iterable(each.replica_nodes for each in parts))
    return Replicas.of(
        {
            "topic": names.series(),
            "partition": list(chain.from_iterable(repeat(each.partition_index, len(each.replica_nodes)) for each in parts)),
            "broker": brokers,
            "position": list(chain.from_iterable(range(len(each.replica_nodes)) for each in parts)),
            "in_sync": [broker in each.isr_nodes for each in parts for broker in each.replica_nodes],
            "offline": [broker in each.offline_replicas for each in parts for broker in each.replica_nodes],
            "answer": [answer] * len(brokers),
        }
    )


def eligible(replicas: Replicas, pages: Iterable[Any]) -> Replicas:
    """The replicas with their membership of the eligible leader replicas (KIP-966).

    Only partitions that are not fully in sync can have any; for the others the answer is no without asking.
    """
    rows = [
        (topic.name, part.partition_index, broker)
        for page in pages
        for topic in page.topics
        for part in topic.partitions
        for broker in part.eligible_leader_replicas or ()
    ]
    known = pl.DataFrame(rows, schema={"topic": pl.String, "partition": pl.Int32, "broker": pl.Int32}, orient="row")
    joined = replicas.df.drop("eligible").join(
        known.with_columns(eligible=pl.lit(value=True)), on=["topic", "partition", "broker"], how="left"
    )
    return Replicas(joined.with_columns(pl.col("eligible").fill_null(value=False)), replicas.unseen)


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
