"""DescribeProducers to the producers of partitions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import polars as pl

from kastellan.model.table import Unseen
from kastellan.model.tables.producers import Producers
from kastellan.sources.kafka.kafka_answers import KafkaAnswers


class Told(msgspec.Struct, frozen=True):
    """One leader's answer (None when none came), its Answer, and the partitions that were asked for."""

    entity: Any | None
    answer: int
    asked: Mapping[str, Sequence[int]]


def leaderless(partitions: pl.DataFrame, topics: Collection[str]) -> list[tuple[str, int]]:
    """Partitions of these topics that nobody leads: there is nobody to ask."""
    return partitions.filter(pl.col("topic").is_in(list(topics)) & (pl.col("leader") < 0)).select("topic", "partition").rows()


def producers(
    told: Iterable[Told], orphans: Iterable[tuple[str, int]], nobody: int, unseen: tuple[Unseen, ...], answers: KafkaAnswers
) -> Producers:
    """One row per partition and producer; a partition that was not told has a placeholder."""
    rows = [{"topic": topic, "partition": number, "answer": nobody} for topic, number in orphans]
    for each in told:
        if each.entity is None:
            rows += [
                {"topic": topic, "partition": number, "answer": each.answer}
                for topic, numbers in each.asked.items()
                for number in numbers
            ]
            continue
        for topic in each.entity.topics:
            for part in topic.partitions:
                rows += _of_partition(topic.name, part, each.answer, answers)
    return Producers.of_rows(rows, unseen)


def _of_partition(topic: str, part: Any, answer: int, answers: KafkaAnswers) -> list[dict[str, Any]]:  # noqa: ANN401
    head = {"topic": topic, "partition": part.partition_index}
    if part.error_code:
        return [{**head, "answer": answers.enter_refusal(answer, int(part.error_code), part.error_message)}]
    return [
        {
            **head,
            "producer_id": each.producer_id,
            "producer_epoch": each.producer_epoch,
            "last_sequence": each.last_sequence,
            "last_append_ms": each.last_timestamp if each.last_timestamp >= 0 else None,
            "coordinator_epoch": each.coordinator_epoch,
            "transaction_start": each.current_txn_start_offset,
            "answer": answer,
        }
        for each in part.active_producers
    ]
