"""Open transactions of every coordinator, and what the leaders of their partitions know of the producers."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias

import msgspec

from kastellan.model.table import Unseen
from kastellan.model.tables.transaction_partitions import TransactionPartitions
from kastellan.model.tables.transactions import Transactions
from kastellan.sources.kafka.collect_session import CollectSession, binding, slices
from kastellan.sources.kafka.collector import Collector, Flow
from kastellan.sources.kafka.coordinators import TRANSACTION, resolve_coordinators
from kastellan.sources.kafka.kafka_answers import KafkaAnswers
from kastellan.sources.kafka.requester import Request
from kastellan.sources.kafka.topology import TopicMetadata
from kastellan.wire.kafka import requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.requests import RequestSpec

COLLECTOR = Collector(fills=(Transactions, TransactionPartitions), uses=(TopicMetadata,))

_TRANSACTIONS_A_SLICE: Final = 500
_SUSPECT_AFTER_MS: Final = 10_000
_MOST_SUSPECTS: Final = 500
_OPEN_STATES: Final = ("Ongoing", "PrepareCommit", "PrepareAbort", "PrepareEpochFence")


class OpenTransaction(msgspec.Struct, frozen=True):
    """A listed transaction with its description (None when none came) and the Answer that gave or refused it."""

    transactional_id: str
    producer_id: int
    state: str
    coordinator: int
    described: Any | None
    answer: int


class CoordinatorTransactions(msgspec.Struct, frozen=True):
    """The open transactions of one coordinator; `unseen` where it did not list them."""

    opened: list[OpenTransaction]
    unseen: tuple[Unseen, ...] = ()


Producers: TypeAlias = Mapping[tuple[str, int], tuple[Any | None, int]]
"""What a partition's leader said of its producers: (partition answer or None, its Answer), by topic and partition."""


async def collect(session: CollectSession, flow: Flow) -> Iterable[object]:
    """Both tables."""
    parts = await session.run_each(session.nodes, lambda node: _ask_coordinator(session, node))
    opened = [transaction for part in parts for transaction in part.opened]
    unseen = tuple(unseen for part in parts for unseen in part.unseen)
    ids = (transaction.transactional_id for transaction in opened)
    coordinators = await resolve_coordinators(session, ids, TRANSACTION, session.deadline)
    # Of those that no broker can be believed about one is left, without what was told of it.
    doubtful = {
        transaction.transactional_id: transaction
        for transaction in opened
        if transaction.transactional_id in coordinators.unresolved
    }
    opened = [
        transaction for transaction in opened if not coordinators.refuses(transaction.transactional_id, transaction.coordinator)
    ]
    opened += [
        msgspec.structs.replace(transaction, described=None, answer=coordinators.doubt) for transaction in doubtful.values()
    ]
    producers = await _ask_producers(session, await flow.find(TopicMetadata), opened)
    return transactions(opened, producers, unseen, session.answers)


async def _ask_coordinator(session: CollectSession, node: int) -> CoordinatorTransactions:
    spec = RequestSpec(Api.LIST_TRANSACTIONS, binding(requests.list_transactions, states=_OPEN_STATES))
    response = await session.requester.ask(node, spec, session.deadline)
    if response.value is None:
        return CoordinatorTransactions([], (Unseen(response.answer, "transactional_id"),))
    if not session.has_full_rights:
        session.grade_visible_only(response.answer, "transactions")
    listed = {state.transactional_id: state for state in response.value.transaction_states}
    opened = list[OpenTransaction]()
    for names in slices(list(listed), _TRANSACTIONS_A_SLICE):
        spec = RequestSpec(Api.DESCRIBE_TRANSACTIONS, binding(requests.describe_transactions, names))
        response = await session.requester.ask(node, spec, session.deadline)
        states = () if response.value is None else response.value.transaction_states
        described = {state.transactional_id: state for state in states}
        opened += [
            OpenTransaction(
                name, listed[name].producer_id, listed[name].transaction_state, node, described.get(name), response.answer
            )
            for name in names
        ]
    return CoordinatorTransactions(opened)


def _suspects(opened: Iterable[OpenTransaction]) -> set[tuple[str, int]]:
    """Partitions of transactions that have been open for a while: asking of producers needs READ on the topic."""
    now_ms = time.time_ns() // 1_000_000
    return {
        (topic.topic, number)
        for transaction in opened
        if transaction.described is not None
        and not transaction.described.error_code
        and now_ms - (start_ms(transaction.described) or now_ms) >= _SUSPECT_AFTER_MS
        for topic in transaction.described.topics
        for number in topic.partitions
    }


async def _ask_producers(session: CollectSession, metadata: TopicMetadata | None, opened: Iterable[OpenTransaction]) -> Producers:
    suspects = _suspects(opened)
    if not suspects or len(suspects) > _MOST_SUSPECTS or metadata is None:
        return {}
    by_leader: dict[int, dict[str, list[int]]] = {}
    for node, topics in metadata.topology.leaders.items():
        for topic, number in suspects:
            if number in topics.get(topic, ()):
                by_leader.setdefault(node, {}).setdefault(topic, []).append(number)
    batch = [
        Request(node, RequestSpec(Api.DESCRIBE_PRODUCERS, binding(requests.describe_producers, partitions)))
        for node, partitions in by_leader.items()
    ]
    responses = await session.requester.ask_all(batch, session.deadline)
    producers: dict[tuple[str, int], tuple[Any | None, int]] = {}
    for partitions, response in zip(by_leader.values(), responses, strict=True):
        if response.value is None:
            lost = {(topic, number): (None, response.answer) for topic, numbers in partitions.items() for number in numbers}
            producers.update(lost)
            continue
        for topic in response.value.topics:
            for partition in topic.partitions:
                producers[topic.name, partition.partition_index] = (partition, response.answer)
    return producers


def start_ms(described: Any) -> int | None:  # noqa: ANN401
    """When the transaction began; None when no transaction is open."""
    began = described.transaction_start_time
    value = int(began.timestamp() * 1000) if isinstance(began, datetime) else int(began if began is not None else -1)
    return value if value >= 0 else None


def transactions(
    opened: Iterable[OpenTransaction], producers: Producers, unseen: tuple[Unseen, ...], answers: KafkaAnswers
) -> tuple[Transactions, TransactionPartitions]:
    """Both tables; a transaction that could not be described has a placeholder among the partitions."""
    rows, partitions = list[dict[str, Any]](), list[dict[str, Any]]()
    for transaction in opened:
        row = {
            "transactional_id": transaction.transactional_id,
            "producer_id": transaction.producer_id,
            "state": transaction.state,
            "coordinator": transaction.coordinator,
        }
        described = transaction.described
        code = described.error_code if described is not None else 0
        if described is None or code:
            answer = answers.enter_refusal(transaction.answer, code) if code else transaction.answer
            rows.append({**row, "answer": answer})
            partitions.append({"transactional_id": transaction.transactional_id, "answer": answer})
            continue
        timeout = described.transaction_timeout
        rows.append(
            {
                **row,
                "state": described.transaction_state,
                "producer_epoch": described.producer_epoch,
                "start_ms": start_ms(described),
                "timeout_ms": int(timeout.total_seconds() * 1000) if hasattr(timeout, "total_seconds") else int(timeout),
                "answer": transaction.answer,
            }
        )
        partitions += [
            _partition(transaction, topic.topic, number, producers.get((topic.topic, number)), answers)
            for topic in described.topics
            for number in topic.partitions
        ]
    return Transactions.of_rows(rows, unseen), TransactionPartitions.of_rows(partitions, unseen)


def _partition(
    transaction: OpenTransaction, topic: str, number: int, of_leader: tuple[Any | None, int] | None, answers: KafkaAnswers
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "transactional_id": transaction.transactional_id,
        "topic": topic,
        "partition": number,
        "answer": transaction.answer,
    }
    if of_leader is None:
        return row
    partition, answer = of_leader
    if partition is None:
        return {**row, "answer": answer}
    if partition.error_code:
        return {**row, "answer": answers.enter_refusal(answer, partition.error_code, partition.error_message)}
    producers = (producer for producer in partition.active_producers if producer.producer_id == transaction.producer_id)
    own = next(producers, None)
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
