"""ListOffsets: one offset of every partition, asked of its leader, as a column that serves again while leaders say the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final

import msgspec
import polars as pl

from kastellan.sources.kafka.answer_columns import CODE, StackedColumns, answer_column, stack_columns
from kastellan.sources.kafka.collect_session import CollectSession, binding, packed_once
from kastellan.sources.kafka.decode_cache import DecodeCache
from kastellan.sources.kafka.kafka_answers import KafkaAnswers
from kastellan.sources.kafka.requester import Decoder, Request, Response
from kastellan.sources.kafka.run_lengths import RunLengthText
from kastellan.sources.kafka.topology import TopicMetadata
from kastellan.wire.kafka import requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.requests import RequestSpec

_KEYS: Final = {"topic": pl.String, "partition": pl.Int32}
_PARTITIONS_A_SLICE: Final = 35_000
"""About a megabyte of answer."""


class OffsetKind(msgspec.Struct, frozen=True):
    """Which offset is asked: the name of its column, and the timestamp and isolation level of the request."""

    name: str
    timestamp: int
    isolation: int = requests.READ_UNCOMMITTED


class OffsetColumn(msgspec.Struct, frozen=True):
    """One offset of every partition that has a leader, in the order of the answers; null where it was not told."""

    name: str
    stack: StackedColumns
    answers: pl.Series


class _LedSlice(msgspec.Struct, frozen=True):
    """Some of the partitions that a broker leads, in one request."""

    node: int
    number: int
    topics: Mapping[str, Sequence[int]]


async def ask_offsets(
    session: CollectSession,
    metadata: TopicMetadata | None,
    kinds: Sequence[OffsetKind],
    on_response: Callable[[], None] | None = None,
) -> list[OffsetColumn]:
    """The columns of these kinds, all asked at once; `on_response` hears of every response."""
    led = _led_slices(session, metadata)
    live = set(session.nodes)
    batch = [request for kind in kinds for request, of in zip(_requests(session, kind, led), led, strict=True) if of.node in live]

    def heard(_place: int, _response: Response) -> None:
        if on_response is not None:
            on_response()

    responses = iter(await session.requester.ask_all(batch, session.deadline, on_response=heard))
    columns = list[OffsetColumn]()
    for kind in kinds:
        of_leaders = [_LeaderOffsets.of(session, of, next(responses) if of.node in live else None) for of in led]
        columns.append(await asyncio.to_thread(_column, kind.name, of_leaders, session.answers, session.cache))
    return columns


def _led_slices(session: CollectSession, metadata: TopicMetadata | None) -> Sequence[_LedSlice]:
    """The same object as long as Metadata says the same of topics."""
    if metadata is None:
        return []
    leaders = metadata.topology.leaders
    return session.cache.derive("led", (leaders,), lambda: [part for node in leaders for part in _slices(node, leaders[node])])


def _slices(node: int, led: Mapping[str, Sequence[int]]) -> Iterator[_LedSlice]:
    number, count, topics = 0, 0, dict[str, Sequence[int]]()
    for topic, numbers in led.items():
        if topics and count + len(numbers) > _PARTITIONS_A_SLICE:
            yield _LedSlice(node, number, topics)
            number, count, topics = number + 1, 0, {}
        topics[topic] = numbers
        count += len(numbers)
    yield _LedSlice(node, number, topics)


def _requests(session: CollectSession, kind: OffsetKind, led: Sequence[_LedSlice]) -> Sequence[Request]:
    def request(of: _LedSlice) -> Request:
        packed = packed_once(binding(requests.list_offsets, of.topics, kind.timestamp, isolation=kind.isolation))
        decoder = Decoder(decode_offsets, (kind.name, of.node, of.number))
        return Request(of.node, RequestSpec(Api.LIST_OFFSETS, packed), decoder)

    return session.cache.derive(("asked for", kind.name), (led,), lambda: [request(of) for of in led])


class _LeaderOffsets(msgspec.Struct, frozen=True):
    """What one ListOffsets answer was decoded to (None when none came), its Answer, and what was requested."""

    columns: pl.DataFrame | None
    answer: int
    topics: Mapping[str, Sequence[int]]

    @classmethod
    def of(cls, session: CollectSession, led: _LedSlice, response: Response | None) -> _LeaderOffsets:
        """Of a response; without one the leader was not asked, because it is not live."""
        if response is None:
            return cls(None, session.enter_not_live("ListOffsets", led.node), led.topics)
        return cls(response.value, response.answer, led.topics)


def decode_offsets(entity: Any) -> pl.DataFrame:  # noqa: ANN401
    """Topic, partition, offset and error code of one answer."""
    topics, partitions = RunLengthText(), list[Any]()
    for topic in entity.topics:
        topics.add(topic.name, len(topic.partitions))
        partitions += topic.partitions
    codes = [partition.error_code for partition in partitions]
    columns = pl.DataFrame(
        {
            "topic": topics.series(),
            "partition": pl.Series([partition.partition_index for partition in partitions], dtype=pl.Int32),
            "offset": pl.Series([partition.offset for partition in partitions], dtype=pl.Int64),
            CODE: pl.Series(codes, dtype=pl.Int16),
        }
    )
    return columns.with_columns(pl.when(pl.col(CODE) == 0).then("offset").alias("offset")) if any(codes) else columns


def _nulls(topics: Mapping[str, Sequence[int]]) -> pl.DataFrame:
    names = RunLengthText()
    for topic, numbers in topics.items():
        names.add(topic, len(numbers))
    numbers = pl.Series(list(chain.from_iterable(topics.values())), dtype=pl.Int32)
    return pl.DataFrame({"topic": names.series(), "partition": numbers}).with_columns(
        pl.lit(None, pl.Int64).alias("offset"), pl.lit(0, pl.Int16).alias(CODE)
    )


def _column(name: str, of_leaders: Iterable[_LeaderOffsets], answers: KafkaAnswers, cache: DecodeCache) -> OffsetColumn:
    listed = list(of_leaders)
    parts = [_nulls(leader.topics) if leader.columns is None else leader.columns for leader in listed]
    stack = stack_columns(name, parts, {**_KEYS, "offset": pl.Int64}, cache)
    return OffsetColumn(name, stack, answer_column(stack, [leader.answer for leader in listed], answers))


def join_columns(partitions: pl.DataFrame, cache: DecodeCache, columns: Sequence[OffsetColumn], no_leader: int) -> pl.DataFrame:
    """One row per partition with what was asked of it; `no_leader` is the Answer where nobody leads.

    The row's answer is the first one that failed to tell something, else the first one that told it. `partitions` is the
    same object as long as the partitions are the same: then the rows of each in a column are not searched again.
    """
    keys = list(partitions.select(*_KEYS).iter_columns())
    places = [_places(partitions, column, cache) for column in columns]
    values = [
        column.stack.rows["offset"].gather(place).rename(column.name) for column, place in zip(columns, places, strict=True)
    ]
    if not any(series.null_count() for series in values):
        return pl.DataFrame([*keys, *values, columns[0].answers.gather(places[0]).rename("answer")])
    series, failed, complete = [*keys, *values], list[pl.Expr](), list[pl.Expr]()
    for column, place in zip(columns, places, strict=True):
        answer = f"answer of {column.name}"
        series.append(column.answers.gather(place).rename(answer))
        failed.append(pl.when(pl.col(column.name).is_null()).then(pl.col(answer)))
        complete.append(pl.col(answer))
    answers = pl.coalesce(*failed, *complete, pl.lit(no_leader)).cast(pl.Int32).alias("answer")
    return pl.DataFrame(series).select(*_KEYS, *(column.name for column in columns), answers)


def _places(partitions: pl.DataFrame, column: OffsetColumn, cache: DecodeCache) -> pl.Series:
    """The row of each partition in this column, null where it has none."""

    def keys_of_column() -> pl.DataFrame:
        # Offsets move all the time, and what was requested does not.
        return cache.reuse_equal("asked partitions", column.stack.rows.select(*_KEYS))

    def search() -> pl.Series:
        ordered = partitions.select(*_KEYS)
        return ordered.join(keys.with_row_index("place"), on=list(_KEYS), how="left", maintain_order="left")["place"]

    keys = cache.derive(("keys", column.name), (column.stack,), keys_of_column)
    return cache.derive(("places", column.name), (partitions, keys), search)
