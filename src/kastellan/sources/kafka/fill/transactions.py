"""ListTransactions, DescribeTransactions and DescribeProducers to transactions and their partitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from kastellan.model.table import Unseen
from kastellan.model.tables.transaction_partitions import TransactionPartitions
from kastellan.model.tables.transactions import Transactions
from kastellan.sources.kafka.kafka_answers import KafkaAnswers


class Open(msgspec.Struct, frozen=True):
    """A listed transaction with its description (None when none came) and the Answer that gave or refused it."""

    transactional_id: str
    producer_id: int
    state: str
    coordinator: int
    described: Any | None
    answer: int


Producers = Mapping[tuple[str, int], tuple[Any | None, int]]
"""What a partition's leader said of its producers: (partition answer or None, its Answer), by topic and partition."""


def start_ms(described: Any) -> int | None:  # noqa: ANN401
    """When the transaction began; None when no transaction is open."""
    began = described.transaction_start_time
    value = int(began.timestamp() * 1000) if isinstance(began, datetime) else int(began if began is not None else -1)
    return value if value >= 0 else None


def transactions(
    opened: Iterable[Open], producers: Producers, unseen: tuple[Unseen, ...], answers: KafkaAnswers
) -> tuple[Transactions, TransactionPartitions]:
    """Both tables; a transaction that could not be described has a placeholder among the partitions."""
    rows, parts = list[dict[str, Any]](), list[dict[str, Any]]()
    for each in opened:
        row = {
            "transactional_id": each.transactional_id,
            "producer_id": each.producer_id,
            "state": each.state,
            "coordinator": each.coordinator,
        }
        told = each.described
        code = told.error_code if told is not None else 0
        if told is None or code:
            answer = answers.enter_refusal(each.answer, code) if code else each.answer
            rows.append({**row, "answer": answer})
            parts.append({"transactional_id": each.transactional_id, "answer": answer})
            continue
        timeout = told.transaction_timeout
        rows.append(
            {
                **row,
                "state": told.transaction_state,
                "producer_epoch": told.producer_epoch,
                "start_ms": start_ms(told),
                "timeout_ms": int(timeout.total_seconds() * 1000) if hasattr(timeout, "total_seconds") else int(timeout),
                "answer": each.answer,
            }
        )
        for topic in told.topics:
            parts += [
                _partition(each, topic.topic, number, producers.get((topic.topic, number)), answers)
                for number in topic.partitions
            ]
    return Transactions.of_rows(rows, unseen), TransactionPartitions.of_rows(parts, unseen)


def _partition(each: Open, topic: str, number: int, told: tuple[Any | None, int] | None, answers: KafkaAnswers) -> dict[str, Any]:
    row: dict[str, Any] = {"transactional_id": each.transactional_id, "topic": topic, "partition": number, "answer": each.answer}
    if told is None:
        return row
    part, answer = told
    if part is None or part.error_code:
        return {**row, "answer": answer if part is None else answers.enter_refusal(answer, part.error_code, part.error_message)}
    own = next((producer for producer in part.active_producers if producer.producer_id == each.producer_id), None)
    if own is None:
        # The leader knows no such producer: nothing of this transaction was written there.
        return {**row, "answer": answer}
    start = own.current_txn_start_offset
    return {
        **row,
        "start_offset": start if start >= 0 else None,
        "last_append_ms": own.last_timestamp if own.last_timestamp >= 0 else None,
        "answer": answer,
    }
