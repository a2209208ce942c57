"""OffsetFetch to committed offsets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

from kastellan.model.table import Unseen
from kastellan.model.tables.commits import Commits
from kastellan.sources.kafka.book import Book
from kastellan.sources.kafka.codes import error_name
from kastellan.sources.kafka.fill.pieces import CODE, answered, joined
from kastellan.sources.kafka.fill.runs import Runs


def piece(entity: Any) -> pl.DataFrame:  # noqa: ANN401
    """Group, topic, partition, commit and error code; a group that was refused is one row without a topic."""
    groups, topics, parts = Runs(), Runs(), list[Any]()
    refused: list[tuple[str, int]] = []
    for group in entity.groups:
        if group.error_code:
            refused.append((group.group_id, int(group.error_code)))
            continue
        before = len(parts)
        for topic in group.topics:
            topics.add(topic.name, len(topic.partitions))
            parts += topic.partitions
        groups.add(group.group_id, len(parts) - before)
    offsets = [part.committed_offset for part in parts]
    codes = [part.error_code for part in parts]
    told = pl.DataFrame(
        {
            "group": groups.series(),
            "topic": topics.series(),
            "partition": pl.Series([part.partition_index for part in parts], dtype=pl.Int32),
            "committed": pl.Series(offsets, dtype=pl.Int64),
            CODE: pl.Series(codes, dtype=pl.Int16),
        }
    )
    # -1: the group has no commit there; a partition that was never committed is no row.
    if any(codes) or min(offsets, default=0) < 0:
        told = told.filter((pl.col("committed") >= 0) | (pl.col(CODE) != 0))
        told = told.with_columns(pl.when(pl.col(CODE) == 0).then("committed").alias("committed"))
    if not refused:
        return told
    rows = [(group, None, None, None, code) for group, code in refused]
    return told.vstack(pl.DataFrame(rows, schema=told.schema, orient="row"))


def commits(answers: Iterable[tuple[pl.DataFrame | None, int, list[str]]], unseen: tuple[Unseen, ...], book: Book) -> Commits:
    """Committed offsets from (piece or None, its Answer, the groups that were asked for)."""
    parts = list[pl.DataFrame]()
    for told, answer, asked in answers:
        if told is None:
            parts.append(Commits.of({"group": asked, "answer": [answer] * len(asked)}).df)
            continue
        errors = {code: error_name(code) for code in told[CODE].unique() if code}
        # A refused group is a placeholder: the error is told by its Answer.
        name = (
            pl.when(pl.col("topic").is_not_null()).then(pl.col(CODE).replace_strict(errors, default=None, return_dtype=pl.String))
            if errors
            else pl.lit(None, pl.String)
        )
        parts.append(answered(told.with_columns(name.alias("error")), answer, book))
    return Commits(joined(parts, Commits.schema()), unseen)
