"""Pieces: the columns of one decoded answer, with an error code for each row instead of an Answer.

A piece knows nothing of the look it was made in, so it serves again while the broker says the same. `answered` puts
the Answer beside each row: the one that gave it, or the one that says which error code stood there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from kastellan.sources.kafka.book import Book

CODE = "code"


def answered(piece: pl.DataFrame, answer: int, book: Book, messages: Mapping[int, str | None] | None = None) -> pl.DataFrame:
    """The piece with `answer` in place of `code`; `messages` are what the broker said beside some codes."""
    codes = piece[CODE]
    rest = piece.drop(CODE)
    bad = [] if not codes.len() or codes.null_count() == codes.len() else [int(each) for each in codes.unique() if each]
    if not bad:
        return rest.with_columns(pl.lit(answer, pl.Int32).alias("answer"))
    ids = {code: book.refused(answer, code, (messages or {}).get(code)) for code in bad}
    return rest.with_columns(codes.replace_strict(ids, default=answer, return_dtype=pl.Int32).alias("answer"))


def joined(pieces: Iterable[pl.DataFrame], schema: Mapping[str, pl.DataType | type[pl.DataType]]) -> pl.DataFrame:
    """All pieces, one below the other, in the columns of the schema."""
    whole = [pl.DataFrame(schema=schema), *(each.select(*schema) for each in pieces)]
    return pl.concat(whole, rechunk=False)
