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
from kastellan.sources.kafka.book import Book
from kastellan.sources.kafka.fill.pieces import CODE, answered, joined
from kastellan.sources.kafka.fill.runs import Runs

_KEYS: Final = ("topic", "partition")


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


def offset_column(told: Iterable[Told], name: str, book: Book) -> pl.DataFrame:
    """`topic`, `partition`, the offset in a column of this name, and `answer`; null where it was not told."""
    schema = {"topic": pl.String, "partition": pl.Int32, "offset": pl.Int64, "answer": pl.Int32}
    parts = (answered(_untold(each.asked) if each.piece is None else each.piece, each.answer, book) for each in told)
    return joined(parts, schema).rename({"offset": name})


def offsets(partitions: Partitions, earliest: pl.DataFrame, latest: pl.DataFrame, no_leader: int) -> Offsets:
    """One row per partition with the begin and the end of its log; `no_leader` is the Answer where nobody leads."""
    return Offsets(_of_partitions(partitions, [earliest, latest], no_leader).select(*Offsets.schema()))


def last_stable_offsets(partitions: Partitions, told: pl.DataFrame, no_leader: int) -> LastStableOffsets:
    """The same with the last stable offset."""
    return LastStableOffsets(_of_partitions(partitions, [told], no_leader).select(*LastStableOffsets.schema()))


def _of_partitions(partitions: Partitions, columns: Sequence[pl.DataFrame], no_leader: int) -> pl.DataFrame:
    """One row per partition with what was asked of it.

    The row's answer is the first one that failed to tell something, else the first one that told.
    """
    given = [each.columns[2] for each in columns]
    whole = partitions.df.select(*_KEYS)
    for some in _side_by_side(columns):
        whole = whole.join(some, on=_KEYS, how="left", maintain_order="left")
    answers = [_answer_of(name) for name in given]
    failed = [pl.when(pl.col(name).is_null()).then(pl.col(_answer_of(name))) for name in given]
    return whole.with_columns(pl.coalesce(*failed, *answers, pl.lit(no_leader)).cast(pl.Int32).alias("answer"))


def _side_by_side(columns: Iterable[pl.DataFrame]) -> list[pl.DataFrame]:
    """Columns about the same partitions in the same order become one frame: a join by name costs more than all the rest."""
    found: list[pl.DataFrame] = []
    for each in columns:
        named = each.rename({"answer": _answer_of(each.columns[2])})
        if found and found[0].select(*_KEYS).equals(named.select(*_KEYS)):
            found[0] = found[0].hstack(named.drop(*_KEYS))
        else:
            found.append(named)
    return found


def _answer_of(name: str) -> str:
    return f"answer_of_{name}"
