"""What a list of `get` is."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import polars as pl

from kastellan.engine.requests import TableRequests


class ListSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A list: its function, the column by whose value NAME selects, and the columns that a person sees.

    `narrowed` makes less of what is wanted where one member is named; `name_needed` says why the list is never made
    without a name. `told_by` names requests whose answer is told even where no row rests on it. One that is `hidden` is no
    word of the command line. One that `costs` says what it took.
    """

    rows: Callable[..., pl.DataFrame]
    named: str
    word: str
    shown: tuple[str, ...]
    may_be_empty: frozenset[str] = frozenset()
    aliases: tuple[str, ...] = ()
    about: str = ""
    narrowed: Callable[[TableRequests, str], TableRequests] | None = None
    name_needed: str = ""
    told_by: frozenset[str] = frozenset()
    hidden: bool = False
    costs: bool = False
