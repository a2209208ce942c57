"""Expressions for texts of many rows: counts with their nouns, and lists that stay short."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

_MOST_BROKERS = 8

_MOST_MEMBERS = 6


def count_expr(count: str | pl.Expr, word: str, words: str = "") -> pl.Expr:
    """A count with its noun: `1 partition`, `12 partitions`; null where the count is.

    >>> pl.DataFrame({"n": [1, 12]}).select(count_expr("n", "partition"))["n"].to_list()
    ['1 partition', '12 partitions']
    """
    number = pl.col(count) if isinstance(count, str) else count
    noun = pl.when(number == 1).then(pl.lit(word)).otherwise(pl.lit(words or word + "s"))
    return pl.format("{} {}", number, noun).alias(number.meta.output_name())


def list_expr(column: str, most: int = _MOST_MEMBERS) -> pl.Expr:
    """The members of a list column in one text, the first few of them.

    >>> pl.DataFrame({"on": [[1, 2], [1, 2, 3, 4]]}).select(list_expr("on", 3))["on"].to_list()
    ['1, 2', '1, 2, 3, ...']
    """
    members = pl.col(column)
    tail = pl.when(members.list.len() > most).then(pl.lit(", ...")).otherwise(pl.lit(""))
    return members.list.head(most).cast(pl.List(pl.String)).list.join(", ") + tail


def brokers_text(ids: Iterable[int]) -> str:
    """Which brokers, for a sentence; a long list is counted.

    >>> brokers_text([2, 1]), brokers_text([7]), brokers_text(range(12))
    ('brokers 1, 2', 'broker 7', '12 brokers')
    """
    brokers = sorted(ids)
    if len(brokers) > _MOST_BROKERS:
        return f"{len(brokers)} brokers"
    return ("broker " if len(brokers) == 1 else "brokers ") + ", ".join(map(str, brokers))
