"""ListOffsets to offsets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, Final

import msgspec
import polars as pl

from kastellan.model.tables.last_stable_offsets import LastStableOffsets
from kastellan.model.tables.offsets import Offsets
from kastellan.model.tables.partitions import Partitions
from kastellan.sources.kafka.decode_cache import DecodeCache
from kastellan.sources.kafka.fill.pieces import CODE, Stack, answer_column, stacked
from kastellan.sources.kafka.fill.runs import Runs
from kastellan.sources.kafka.kafka_answers import KafkaAnswers

_KEYS: Final = {"topic": pl.String, "partition": pl.Int32}


class Told(msgspec.Struct, frozen=True):
    """What one ListOffsets answer was turned into (None when none came), its Answer, and what was asked for."""

    piece: pl.DataFrame | None
    answer: int
    asked: Mapping[str, Sequence[int]]


def piece(entity: Any) -> pl.DataFrame:  # noqa: ANN401
    """Topic, partition, offset and error code of one answer."""
    topics, parts = Runs(), list[Any]()
    for topic in entity.topics:
        topics.add(topic.name, len(topic.partitions))
        parts += topic.partitions
    codes = [part.error_code for part in parts]
    told = pl.DataFrame(
        {
            "topic": topics.series(),
            "partition": pl.Series([part.partition_index for part in parts], dtype=pl.Int32),
            "offset": pl.Series([part.offset for part in parts], dtype=pl.Int64),
            CODE: pl.Series(codes, dtype=pl.Int16),
        }
    )
    return told.with_columns(pl.when(pl.col(CODE) == 0).then("offset").alias("offset")) if any(codes) else told


def _untold(asked: Mapping[str, Sequence[int]]) -> pl.DataFrame:
    topics = Runs()
    for topic, numbers in asked.items():
        topics.add(topic, len(numbers))
    numbers = pl.Series(list(chain.from_iterable(asked.values())), dtype=pl.Int32)
    return pl.DataFrame({"topic": topics.series(), "partition": numbers}).with_columns(
        pl.lit(None, pl.Int64).alias("offset"), pl.lit(0, pl.Int16).alias(CODE)
    )


class Column(msgspec.Struct, frozen=True):
    """One offset of every partition that has a leader, in the order of the answers; null where it was not told."""

    name: str
    stack: Stack
    answers: pl.Series


def offset_column(told: Iterable[Told], name: str, answers: KafkaAnswers, memory: DecodeCache) -> Column:
    """What all leaders told of one offset."""
    listed = list(told)
    pieces = [_untold(each.asked) if each.piece is None else each.piece for each in listed]
    stack = stacked(name, pieces, {**_KEYS, "offset": pl.Int64}, memory)
    return Column(name, stack, answer_column(stack, [each.answer for each in listed], answers))


class Places:
    """Where the partitions of a table stand in a column: found once as long as both name the same ones in the same order.

    `partitions` is the same object as long as they are the same.
    """

    def __init__(self, partitions: pl.DataFrame, memory: DecodeCache) -> None:
        self._partitions = partitions
        self._memory = memory

    def of(self, column: Column) -> pl.Series:
        """The row of each partition in this column, null where it has none."""
        keys = self._memory.made(("keys", column.name), (column.stack,), lambda: self._keys(column))
        return self._memory.made(("places", column.name), (self._partitions, keys), lambda: self._found(keys))

    def _keys(self, column: Column) -> pl.DataFrame:
        # Offsets move all the time, and what was asked for does not.
        return self._memory.same("asked partitions", column.stack.rows.select(*_KEYS))

    def _found(self, keys: pl.DataFrame) -> pl.Series:
        whole = self._partitions.select(*_KEYS)
        return whole.join(keys.with_row_index("at"), on=list(_KEYS), how="left", maintain_order="left")["at"]


def offsets(partitions: Partitions, places: Places, earliest: Column, latest: Column, no_leader: int) -> Offsets:
    """One row per partition with the begin and the end of its log; `no_leader` is the Answer where nobody leads."""
    return Offsets(_of_partitions(partitions, places, [earliest, latest], no_leader))


def last_stable_offsets(partitions: Partitions, places: Places, told: Column, no_leader: int) -> LastStableOffsets:
    """The same with the last stable offset."""
    return LastStableOffsets(_of_partitions(partitions, places, [told], no_leader))


def _of_partitions(partitions: Partitions, places: Places, columns: Sequence[Column], no_leader: int) -> pl.DataFrame:
    """One row per partition with what was asked of it.

    The row's answer is the first one that failed to tell something, else the first one that told.
    """
    keys = list(partitions.df.select(*_KEYS).iter_columns())
    at = [places.of(each) for each in columns]
    values = [each.stack.rows["offset"].gather(place).rename(each.name) for each, place in zip(columns, at, strict=True)]
    if not any(each.null_count() for each in values):
        return pl.DataFrame([*keys, *values, columns[0].answers.gather(at[0]).rename("answer")])
    whole, failed, told = [*keys, *values], list[pl.Expr](), list[pl.Expr]()
    for each, place in zip(columns, at, strict=True):
        answer = f"answer of {each.name}"
        whole.append(each.answers.gather(place).rename(answer))
        failed.append(pl.when(pl.col(each.name).is_null()).then(pl.col(answer)))
        told.append(pl.col(answer))
    given = pl.coalesce(*failed, *told, pl.lit(no_leader)).cast(pl.Int32).alias("answer")
    return pl.DataFrame(whole).select(*_KEYS, *(each.name for each in columns), given)
