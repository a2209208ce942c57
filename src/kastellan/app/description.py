"""A description: facts and sections of rows about one thing. A value that was not seen is null, or says why in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
import polars as pl

from kastellan.kernel.errors import BadInput
from kastellan.kernel.near_names import near_hint
from kastellan.kernel.units import plural
from kastellan.model.finding import Fact
from kastellan.model.table import Table

NOT_COLLECTED: Final = "not collected"


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """Rows under a title; `note` says why there are none, or what is left out.

    A null in a column that `may_be_empty`, or that `absent` names for its row, does not apply; another one was not seen.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[dict[str, Fact], ...] = ()
    note: str = ""
    may_be_empty: tuple[str, ...] = ()
    absent: tuple[frozenset[str], ...] = ()


class Attribute(msgspec.Struct, frozen=True, kw_only=True):
    """One fact by its label; None was not seen. The label's column name says the unit."""

    label: str
    column: str
    value: Fact


class DescriptionParts(msgspec.Struct, frozen=True, kw_only=True):
    """What a `build` function of `descriptions` returns."""

    name: str
    facts: tuple[Attribute, ...]
    sections: tuple[Section, ...]
    notes: tuple[str, ...] = ()


def attribute(label: str, value: Fact, column: str = "") -> Attribute:
    """A fact; `column` is given where the label does not say the unit."""
    return Attribute(label=label, column=column or label, value=value)


def section(
    title: str,
    frame: pl.DataFrame | None,
    columns: Sequence[str],
    *,
    may_be_empty: Sequence[str] = (),
    absent_where: Mapping[str, tuple[str, str | bool]] | None = None,
    most: int = 0,
    none: str = "none",
) -> Section:
    """A section of a frame's columns; None is a table that was not collected. At most `most` rows are shown (0: all)."""
    if frame is None:
        return Section(title=title, columns=tuple(columns), note=NOT_COLLECTED)
    shown = frame.head(most) if most else frame
    left = frame.height - shown.height
    return Section(
        title=title,
        columns=tuple(columns),
        rows=tuple(shown.select(columns).iter_rows(named=True)),
        absent=_absent(shown, absent_where) if absent_where else (),
        note=f"{plural(left, 'row')} more" if left else "" if frame.height else none,
        may_be_empty=tuple(may_be_empty),
    )


def _absent(frame: pl.DataFrame, absent_where: Mapping[str, tuple[str, str | bool]]) -> tuple[frozenset[str], ...]:
    return tuple(
        frozenset(column for column, (other, value) in absent_where.items() if row[other] == value)
        for row in frame.iter_rows(named=True)
    )


def none_or_unseen(*tables: Table | None) -> str:
    """What to say where there is no row: none, or that nobody could say."""
    return "could not all be listed" if any(table is None or table.unseen for table in tables) else "none"


def require_name(word: str, typed: str, names: Iterable[str], *, all_listed: bool) -> str:
    """The typed name when it is among these, else without blanks at its ends.

    Raises BadInput with near ones, or saying that not all were listed.
    """
    listed = list(names)
    # Blanks at an end are part of a group's id: only where nothing is called so they are taken for a slip.
    if typed not in listed and typed.strip() in listed:
        return typed.strip()
    if typed in listed:
        return typed
    if not all_listed:
        raise BadInput(f"no {word} called {typed[:80]!r} was seen, and not all {word}s could be listed; look again")
    hint = near_hint(typed, listed, f"{len(listed)} {word}s are known: kastellan get {word}s lists them")
    raise BadInput(f"no {word} is called {typed[:80]!r}; {hint}")
