"""Producers that partition leaders remember, of the topics that are requested by name: it needs READ on them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import polars as pl

from kastellan.engine.requests import members_of
from kastellan.model.table import Unseen
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.producers import Producers
from kastellan.sources.kafka.collect_session import NO_LEADER, CollectSession, binding
from kastellan.sources.kafka.collector import Collector, Flow
from kastellan.sources.kafka.kafka_answers import KafkaAnswers
from kastellan.sources.kafka.requester import Request
from kastellan.sources.kafka.topology import TopicMetadata
from kastellan.wire.kafka import requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.requests import RequestSpec

COLLECTOR = Collector(fills=(Producers,), needs=(Partitions, TopicMetadata))

Partitioned = Mapping[str, Sequence[int]]
"""Partition numbers by topic."""


class LeaderProducers(msgspec.Struct, frozen=True):
    """One leader's answer (None when none came), its Answer, and the partitions that were requested."""

    entity: Any | None
    answer: int
    partitions: Partitioned


async def collect(session: CollectSession, flow: Flow) -> Iterable[object]:
    """The producers of every partition of the named topics."""
    partitions, metadata = await flow.get(Partitions), await flow.find(TopicMetadata)
    named = members_of(session.requests, Producers.name)
    leaders: Mapping[int, Partitioned] = {} if metadata is None else metadata.topology.leaders
    wanted = {node: {topic: of[topic] for topic in of if topic in named} for node, of in leaders.items()}
    live = {node: of for node, of in wanted.items() if of and node in session.nodes}
    batch = [
        Request(node, RequestSpec(Api.DESCRIBE_PRODUCERS, binding(requests.describe_producers, of))) for node, of in live.items()
    ]
    responses = await session.requester.ask_all(batch, session.deadline)
    of_leaders = [
        LeaderProducers(response.value, response.answer, of) for of, response in zip(live.values(), responses, strict=True)
    ]
    of_leaders += [
        LeaderProducers(None, session.enter_not_live("DescribeProducers", node), of)
        for node, of in wanted.items()
        if of and node not in session.nodes
    ]
    has_orphans = metadata is not None and metadata.topology.leaderless
    orphans = leaderless(partitions.df, named) if has_orphans else []
    nobody = session.answers.enter_unsent("DescribeProducers", NO_LEADER, "nobody leads them") if orphans else 0
    return (producers(of_leaders, orphans, nobody, partitions.unseen, session.answers),)


def leaderless(partitions: pl.DataFrame, topics: Collection[str]) -> list[tuple[str, int]]:
    """Partitions of these topics that nobody leads: there is nobody to ask."""
    return partitions.filter(pl.col("topic").is_in(list(topics)) & (pl.col("leader") < 0)).select("topic", "partition").rows()


def producers(
    leaders: Iterable[LeaderProducers],
    orphans: Iterable[tuple[str, int]],
    nobody: int,
    unseen: tuple[Unseen, ...],
    answers: KafkaAnswers,
) -> Producers:
    """One row per partition and producer; a partition that was not of_leaders has a placeholder."""
    rows = [{"topic": topic, "partition": number, "answer": nobody} for topic, number in orphans]
    for leader in leaders:
        if leader.entity is None:
            rows += [
                {"topic": topic, "partition": number, "answer": leader.answer}
                for topic, numbers in leader.partitions.items()
                for number in numbers
            ]
            continue
        for topic in leader.entity.topics:
            for partition in topic.partitions:
                rows += _of_partition(topic.name, partition, leader.answer, answers)
    return Producers.of_rows(rows, unseen)


def _of_partition(topic: str, partition: Any, answer: int, answers: KafkaAnswers) -> list[dict[str, Any]]:  # noqa: ANN401
    head = {"topic": topic, "partition": partition.partition_index}
    if partition.error_code:
        refusal = answers.enter_refusal(answer, int(partition.error_code), partition.error_message)
        return [{**head, "answer": refusal}]
    return [
        {
            **head,
            "producer_id": producer.producer_id,
            "producer_epoch": producer.producer_epoch,
            "last_sequence": producer.last_sequence,
            "last_append_ms": producer.last_timestamp if producer.last_timestamp >= 0 else None,
            "coordinator_epoch": producer.coordinator_epoch,
            "transaction_start": producer.current_txn_start_offset,
            "answer": answer,
        }
        for producer in partition.active_producers
    ]
