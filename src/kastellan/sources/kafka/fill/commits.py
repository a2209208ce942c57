"""OffsetFetch to committed offsets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import polars as pl

from kastellan.model.table import Unseen
from kastellan.model.tables.commits import Commits
from kastellan.sources.kafka.codes import error_name
from kastellan.sources.kafka.decode_cache import DecodeCache
from kastellan.sources.kafka.fill.pieces import CODE, answer_column, stacked
from kastellan.sources.kafka.fill.runs import Runs
from kastellan.sources.kafka.kafka_answers import KafkaAnswers

_PLACEHOLDER: Final = {"group": pl.String}


def piece(entity: Any) -> pl.DataFrame:  # noqa: ANN401
    """Group, topic, partition, commit, error and its code; a group that was refused is one row without a topic."""
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
        names = {code: error_name(code) for code in told[CODE].unique() if code}
        told = told.with_columns(
            pl.when(pl.col(CODE) == 0).then("committed").alias("committed"),
            pl.col(CODE).replace_strict(names, default=None, return_dtype=pl.String).alias("error"),
        )
    if not refused:
        return told
    # A refused group is a placeholder: the error is told by its Answer.
    lost = pl.DataFrame(refused, schema={"group": pl.String, CODE: pl.Int16}, orient="row")
    return pl.concat([told, lost], how="diagonal")


def commits(
    told: Iterable[tuple[pl.DataFrame | None, int, Sequence[str]]],
    unseen: tuple[Unseen, ...],
    answers: KafkaAnswers,
    memory: DecodeCache,
) -> Commits:
    """Committed offsets from (piece or None, its Answer, the groups that were asked for)."""
    listed = list(told)
    pieces = [pl.DataFrame({"group": asked}, schema=_PLACEHOLDER) if piece is None else piece for piece, _, asked in listed]
    schema = {name: dtype for name, dtype in Commits.schema().items() if name != "answer"}
    stack = stacked("commits", pieces, schema, memory)
    whose = answer_column(stack, [answer for _, answer, _ in listed], answers)
    return Commits(stack.rows.with_columns(whose), unseen)
