"""The columns of decoded answers, with an error code for each row instead of an Answer.

Such columns know nothing of the collection in which they came, so they serve again while the broker says the same. A cluster
has many brokers, and a frame operation on the columns of each costs more than all the rows together. So they are laid one below
the other first (`StackedColumns`, which serve again while all of their parts do); which Answer gave a row, or which one says
what error code stood there, is then filled in for all rows at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
import polars as pl

from kastellan.sources.kafka.decode_cache import DecodeCache
from kastellan.sources.kafka.kafka_answers import KafkaAnswers

CODE: Final = "code"

Schema = Mapping[str, pl.DataType | type[pl.DataType]]


class StackedColumns(msgspec.Struct, frozen=True):
    """The columns of several answers, one below the other."""

    rows: pl.DataFrame
    places: pl.Series
    """For each row the place of its answer among the answers."""

    codes: pl.Series | None
    """The error code of each row; None where there is none."""

    def spread(self, values: Sequence[int]) -> pl.Series:
        """A number for each answer, on all of its rows."""
        return pl.Series(values, dtype=pl.Int32).gather(self.places)


def stack_columns(slot: str, parts: Sequence[pl.DataFrame], schema: Schema, cache: DecodeCache) -> StackedColumns:
    """The parts as one frame with the columns of the schema, which all of them have; not all have error codes."""
    return cache.derive(("stack", slot), parts, lambda: _stack(parts, schema))


def _stack(parts: Sequence[pl.DataFrame], schema: Schema) -> StackedColumns:
    heights = pl.Series([part.height for part in parts], dtype=pl.UInt32)
    places = pl.Series(range(len(parts)), dtype=pl.UInt32).repeat_by(heights)
    coded = any(CODE in part.columns for part in parts)
    rows = pl.concat([pl.DataFrame(schema={**schema, CODE: pl.Int16} if coded else schema), *parts], how="diagonal")
    codes = rows[CODE].fill_null(0) if coded else None
    if codes is not None and not (codes != 0).any():
        codes = None
    return StackedColumns(rows.select(*schema).rechunk(), places.explode(empty_as_null=False), codes)


def answer_column(
    stack: StackedColumns, ids: Sequence[int], answers: KafkaAnswers, messages: Sequence[Mapping[int, str | None]] = ()
) -> pl.Series:
    """The Answer of each row; `ids` are those of the parts, `messages` what the brokers said beside some codes."""
    column = stack.spread(ids).rename("answer")
    if stack.codes is None:
        return column
    rows = pl.DataFrame({"place": stack.places, CODE: stack.codes, "answer": column})
    bad: list[tuple[int, int]] = rows.filter(pl.col(CODE) != 0).select("place", CODE).unique(maintain_order=True).rows()
    refused = [
        (place, code, answers.enter_refusal(ids[place], code, messages[place].get(code) if messages else None))
        for place, code in bad
    ]
    refusals = pl.DataFrame(refused, schema={"place": pl.UInt32, CODE: pl.Int16, "refused": pl.Int32}, orient="row")
    return (
        rows.join(refusals, on=["place", CODE], how="left", maintain_order="left")
        .select(pl.coalesce("refused", "answer").alias("answer"))
        .to_series()
    )


def concat_columns(parts: Iterable[pl.DataFrame], schema: Schema) -> pl.DataFrame:
    """All parts, one below the other, in the columns of the schema."""
    return pl.concat([pl.DataFrame(schema=schema), *(part.select(*schema) for part in parts)], rechunk=False)
