"""ListOffsets to offsets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import polars as pl

from kastellan.model.tables.offsets import Offsets
from kastellan.model.tables.partitions import Partitions
from kastellan.sources.kafka.book import Book
from kastellan.sources.kafka.fill.runs import Runs

_KEYS = ("topic", "partition")


class Told(msgspec.Struct, frozen=True):
    """One ListOffsets answer (None when none came) with the entry of it in the book and whom it was asked of."""

    entity: Any | None
    answer: int
    asked: dict[str, list[int]]


def offset_column(told: Iterable[Told], name: str, book: Book) -> pl.DataFrame:
    """`topic`, `partition`, the offset in a column of this name, and `answer`; null where it was not told."""
    topics, numbers, offsets, answers = Runs(), list[int](), list[int | None](), list[int]()
    for each in told:
        if each.entity is None:
            for topic, asked in each.asked.items():
                topics.add(topic, len(asked))
                numbers += asked
                offsets += [None] * len(asked)
                answers += [each.answer] * len(asked)
            continue
        for topic in each.entity.topics:
            parts = topic.partitions
            topics.add(topic.name, len(parts))
            numbers += [part.partition_index for part in parts]
            offsets += [part.offset if not part.error_code else None for part in parts]
            answers += [each.answer if not part.error_code else book.refused(each.answer, part.error_code) for part in parts]
    return pl.DataFrame(
        {"topic": topics.series(), "partition": numbers, name: offsets, "answer": answers},
        schema={"topic": pl.String, "partition": pl.Int32, name: pl.Int64, "answer": pl.Int32},
    )


def offsets(partitions: Partitions, columns: Iterable[pl.DataFrame], no_leader: int) -> Offsets:
    """One row per partition with what was asked of it.

    The row's answer is the first one that failed to tell something, else the first one that told; `no_leader` is the
    Answer for partitions that nobody leads.
    """
    whole = partitions.df.select(*_KEYS)
    given: list[str] = []
    for number, column in enumerate(columns):
        name = column.columns[2]
        whole = whole.join(column.rename({"answer": f"answer_{number}"}), on=_KEYS, how="left", maintain_order="left")
        given.append(name)
    answers = [f"answer_{number}" for number in range(len(given))]
    failed = [pl.when(pl.col(name).is_null()).then(pl.col(answer)) for name, answer in zip(given, answers, strict=True)]
    absent = [each for each in ("earliest", "latest", "last_stable") if each not in given]
    return Offsets(
        whole.with_columns(pl.coalesce(*failed, *answers, pl.lit(no_leader)).alias("answer"))
        .with_columns(pl.lit(None, pl.Int64).alias(each) for each in absent)
        .select(*Offsets.schema())
    )
