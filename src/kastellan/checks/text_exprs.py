"""Words for many rows at once, as expressions: counts with their nouns, and lists that stay short."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

_MOST_BROKERS = 8

_SOME = 6


def counted(count: str | pl.Expr, word: str, words: str = "") -> pl.Expr:
    """A count with its noun: `1 partition`, `12 partitions`; null where the count is.

    >>> pl.DataFrame({"n": [1, 12]}).select(counted("n", "partition"))["n"].to_list()
    ['1 partition', '12 partitions']
    """
    number = pl.col(count) if isinstance(count, str) else count
    noun = pl.when(number == 1).then(pl.lit(word)).otherwise(pl.lit(words or word + "s"))
    return pl.format("{} {}", number, noun).alias(number.meta.output_name())


def listed(column: str, most: int = _SOME) -> pl.Expr:
    """The members of a list column in one text, the first few of them.

    >>> pl.DataFrame({"on": [[1, 2], [1, 2, 3, 4]]}).select(listed("on", 3))["on"].to_list()
    ['1, 2', '1, 2, 3, ...']
    """
    members = pl.col(column)
    tail = pl.when(members.list.len() > most).then(pl.lit(", ...")).otherwise(pl.lit(""))
    return members.list.head(most).cast(pl.List(pl.String)).list.join(", ") + tail


def on_brokers(ids: Iterable[int]) -> str:
    """Which brokers, for a sentence; a long list is counted.

    >>> on_brokers([2, 1]), on_brokers([7]), on_brokers(range(12))
    ('brokers 1, 2', 'broker 7', '12 brokers')
    """
    found = sorted(ids)
    if len(found) > _MOST_BROKERS:
        return f"{len(found)} brokers"
    return ("broker " if len(found) == 1 else "brokers ") + ", ".join(map(str, found))
