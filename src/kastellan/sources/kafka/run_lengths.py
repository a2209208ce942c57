"""Text columns in which one text stands for many rows: kept once with its count, expanded by the frame library."""

from __future__ import annotations

from itertools import chain, repeat
from typing import Final

import polars as pl

_FEW_ROWS: Final = 5_000
"""Up to here a list of all rows is quicker than the start of an expression of the frame library."""


class RunLengthText:
    """A text column built from (text, count) pairs; cheaper than one Python object per row."""

    def __init__(self) -> None:
        self._texts: list[str | None] = []
        self._counts: list[int] = []

    def add(self, text: str | None, count: int) -> None:
        """The next `count` rows have this text."""
        if count:
            self._texts.append(text)
            self._counts.append(count)

    def series(self) -> pl.Series:
        """All rows."""
        if not self._texts:
            return pl.Series(dtype=pl.String)
        if sum(self._counts) <= _FEW_ROWS:
            return pl.Series(list(chain.from_iterable(map(repeat, self._texts, self._counts))), dtype=pl.String)
        return pl.Series(self._texts, dtype=pl.String).repeat_by(pl.Series(self._counts, dtype=pl.UInt32)).explode()
