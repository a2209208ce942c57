"""What a list of `get` is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

import msgspec
import polars as pl

from kastellan.engine.requests import TableRequests

_NOTHING: Final[Mapping[str, tuple[str, str | bool]]] = MappingProxyType({})


class ListSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A list: its function, the column by whose value NAME selects, and the columns that a person sees.

    A null is a value that was not seen, unless its column is in `may_be_empty`, or `absent_where` names the value of
    another column with which it does not apply. `notes` says in sentences what its rows call for. `narrowed` makes less
    of what is wanted where one member is named; `name_needed` says why the list is never made without a name. `told_by`
    names requests whose answer is shown even where no row rests on it. One that is `hidden` is no word of the command
    line. One that `costs` says what it took.
    """

    rows: Callable[..., pl.DataFrame]
    named: str
    word: str
    shown: tuple[str, ...]
    may_be_empty: frozenset[str] = frozenset()
    absent_where: Mapping[str, tuple[str, str | bool]] = _NOTHING
    notes: Callable[[pl.DataFrame], Iterable[str]] | None = None
    aliases: tuple[str, ...] = ()
    about: str = ""
    narrowed: Callable[[TableRequests, str], TableRequests] | None = None
    name_needed: str = ""
    told_by: frozenset[str] = frozenset()
    hidden: bool = False
    costs: bool = False

    def absent(self, column: str) -> pl.Expr:
        """In which rows a null of this column does not apply, and was not missed."""
        if column in self.may_be_empty:
            return pl.lit(value=True)
        where = self.absent_where.get(column)
        return pl.lit(value=False) if where is None else (pl.col(where[0]) == where[1]).fill_null(value=False)
