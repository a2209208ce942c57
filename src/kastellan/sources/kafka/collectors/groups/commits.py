"""OffsetFetch to committed offsets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import polars as pl

from kastellan.model.table import Unseen
from kastellan.model.tables.commits import Commits
from kastellan.sources.kafka.answer_columns import CODE, answer_column, stack_columns
from kastellan.sources.kafka.codes import error_name
from kastellan.sources.kafka.decode_cache import DecodeCache
from kastellan.sources.kafka.kafka_answers import KafkaAnswers
from kastellan.sources.kafka.run_lengths import RunLengthText

_PLACEHOLDER: Final = {"group": pl.String}


def decode_commits(entity: Any) -> pl.DataFrame:  # noqa: ANN401
    """Group, topic, partition, commit, error and its code; a group that was refused is one row without a topic."""
    groups, topics, partitions = RunLengthText(), RunLengthText(), list[Any]()
    refused: list[tuple[str, int]] = []
    for group in entity.groups:
        if group.error_code:
            refused.append((group.group_id, int(group.error_code)))
            continue
        before = len(partitions)
        for topic in group.topics:
            topics.add(topic.name, len(topic.partitions))
            partitions += topic.partitions
        groups.add(group.group_id, len(partitions) - before)
    offsets = [partition.committed_offset for partition in partitions]
    codes = [partition.error_code for partition in partitions]
    rows = pl.DataFrame(
        {
            "group": groups.series(),
            "topic": topics.series(),
            "partition": pl.Series([partition.partition_index for partition in partitions], dtype=pl.Int32),
            "committed": pl.Series(offsets, dtype=pl.Int64),
            CODE: pl.Series(codes, dtype=pl.Int16),
        }
    )
    # -1: the group has no commit there; a partition that was never committed is no row.
    if any(codes) or min(offsets, default=0) < 0:
        rows = rows.filter((pl.col("committed") >= 0) | (pl.col(CODE) != 0))
        names = {code: error_name(code) for code in rows[CODE].unique() if code}
        rows = rows.with_columns(
            pl.when(pl.col(CODE) == 0).then("committed").alias("committed"),
            pl.col(CODE).replace_strict(names, default=None, return_dtype=pl.String).alias("error"),
        )
    if not refused:
        return rows
    # A refused group is a placeholder: the error is told by its Answer.
    lost = pl.DataFrame(refused, schema={"group": pl.String, CODE: pl.Int16}, orient="row")
    return pl.concat([rows, lost], how="diagonal")


def commits(
    parts: Iterable[tuple[pl.DataFrame | None, int, Sequence[str]]],
    unseen: tuple[Unseen, ...],
    answers: KafkaAnswers,
    cache: DecodeCache,
) -> Commits:
    """Committed offsets from (columns or None, the Answer, the groups that were requested)."""
    listed = list(parts)
    columns = [pl.DataFrame({"group": groups}, schema=_PLACEHOLDER) if part is None else part for part, _, groups in listed]
    schema = {name: dtype for name, dtype in Commits.schema().items() if name != "answer"}
    stack = stack_columns("commits", columns, schema, cache)
    column = answer_column(stack, [answer for _, answer, _ in listed], answers)
    return Commits(stack.rows.with_columns(column), unseen)
