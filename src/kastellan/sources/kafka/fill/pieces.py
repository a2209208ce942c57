"""Pieces: the columns of one decoded answer, with an error code for each row instead of an Answer.

A piece knows nothing of the look it was made in, so it serves again while the broker says the same. A cluster has many
brokers, and a frame operation on the piece of each costs more than all the rows together. So pieces are laid one below
the other first (a `Stack`, which serves again while all of its pieces do); which Answer gave a row, or which one says
what error code stood there, is then told for all rows at once.
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


class Stack(msgspec.Struct, frozen=True):
    """Pieces, one below the other."""

    rows: pl.DataFrame
    of: pl.Series
    """The place of each row's piece among the pieces."""

    codes: pl.Series | None
    """The error code of each row; None where there is none."""

    def told(self, values: Sequence[int]) -> pl.Series:
        """A number for each piece, spread over its rows."""
        return pl.Series(values, dtype=pl.Int32).gather(self.of)


def stacked(slot: str, pieces: Sequence[pl.DataFrame], schema: Schema, memory: DecodeCache) -> Stack:
    """The pieces as one frame with the columns of the schema, which all of them have; not all have error codes."""
    return memory.made(("stack", slot), pieces, lambda: _stack(pieces, schema))


def _stack(pieces: Sequence[pl.DataFrame], schema: Schema) -> Stack:
    of = pl.Series(range(len(pieces)), dtype=pl.UInt32).repeat_by(pl.Series([each.height for each in pieces], dtype=pl.UInt32))
    coded = any(CODE in each.columns for each in pieces)
    whole = pl.concat([pl.DataFrame(schema={**schema, CODE: pl.Int16} if coded else schema), *pieces], how="diagonal")
    codes = whole[CODE].fill_null(0) if coded else None
    if codes is not None and not (codes != 0).any():
        codes = None
    return Stack(whole.select(*schema).rechunk(), of.explode(empty_as_null=False), codes)


def answer_column(
    stack: Stack, ids: Sequence[int], answers: KafkaAnswers, messages: Sequence[Mapping[int, str | None]] = ()
) -> pl.Series:
    """The Answer of each row; `ids` are those of the pieces, `messages` what the brokers said beside some codes."""
    told = stack.told(ids).rename("answer")
    if stack.codes is None:
        return told
    rows = pl.DataFrame({"of": stack.of, CODE: stack.codes, "answer": told})
    bad: list[tuple[int, int]] = rows.filter(pl.col(CODE) != 0).select("of", CODE).unique(maintain_order=True).rows()
    refused = [(of, code, answers.enter_refusal(ids[of], code, messages[of].get(code) if messages else None)) for of, code in bad]
    schema = {"of": pl.UInt32, CODE: pl.Int16, "refused": pl.Int32}
    known = pl.DataFrame(refused, schema=schema, orient="row")
    return (
        rows.join(known, on=["of", CODE], how="left", maintain_order="left")
        .select(pl.coalesce("refused", "answer").alias("answer"))
        .to_series()
    )


def joined(pieces: Iterable[pl.DataFrame], schema: Schema) -> pl.DataFrame:
    """All pieces, one below the other, in the columns of the schema."""
    whole = [pl.DataFrame(schema=schema), *(each.select(*schema) for each in pieces)]
    return pl.concat(whole, rechunk=False)
