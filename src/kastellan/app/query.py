"""Filters, order and columns of a list, as they are typed; what could not be decided becomes a note."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any, Final

import msgspec
import polars as pl

from kastellan.app.lists.headers import header_of
from kastellan.kernel.errors import BadInput
from kastellan.kernel.near_names import near_hint
from kastellan.kernel.units import plural

_CONDITION: Final = re.compile(r"\s*([A-Za-z_+/. -]+?)\s*(!=|>=|<=|=|>|<)(.*)", re.DOTALL)
_YES, _NO = frozenset({"yes", "true", "1"}), frozenset({"no", "false", "0"})
_UNSEEN: Final = "?"
_ABSENT: Final = "-"


def never_absent(_column: str) -> pl.Expr:
    """Of a frame in which every null is a value that was not seen."""
    return pl.lit(value=False)


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed: conditions such as `lag_records>100`, a column to sort by, columns to show, how many rows."""

    where: tuple[str, ...] = ()
    sort: str = ""
    columns: tuple[str, ...] = ()
    limit: int | None = None


def apply_query(
    frame: pl.DataFrame, query: Query, absent: Callable[[str], pl.Expr] = never_absent
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The selected rows in their order, with notes. Raises BadInput for what cannot be carried out.

    `absent` says for a column in which rows its null does not apply (`-` on the screen) and was not missed (`?`).
    """
    notes: list[str] = []
    if query.where:
        frame = _filter_rows(frame, query.where, notes, absent)
    if query.sort:
        name = column_named(query.sort.removeprefix("-"), frame.columns)
        frame = frame.sort(name, descending=query.sort.startswith("-"), nulls_last=True, maintain_order=True)
    if query.limit is not None and frame.height > query.limit:
        notes.append(f"{plural(frame.height - query.limit, 'row')} more: --limit {query.limit}")
        frame = frame.head(query.limit)
    return frame, tuple(notes)


def column_named(typed: str, columns: Iterable[str]) -> str:
    """The column of this name or under this heading, in any case. Raises BadInput with the columns that there are."""
    plain = typed.strip().lower()
    name = plain.replace("-", "_").replace(" ", "_")
    listed = [column for column in columns if column != "answer"]
    if name in listed:
        return name
    headed = [column for column in listed if header_of(column).lower() in {plain, name.replace("_", " ")}]
    if headed:
        return headed[0]
    hint = near_hint(name, listed, f"there are {', '.join(listed)}")
    raise BadInput(f"there is no column {typed[:60]!r}; {hint}")


def names_like(pattern: str, names: Iterable[str]) -> list[str]:
    """The names that a pattern with * and ? matches."""
    return [name for name in names if fnmatch.fnmatchcase(name, pattern)]


def is_pattern(text: str) -> bool:
    """Whether a name stands for several: topic and group names hold neither * nor ?, and ACLs for * are named as such."""
    return text not in {"*", "?"} and any(sign in text for sign in "*?")


def _filter_rows(frame: pl.DataFrame, where: Iterable[str], notes: list[str], absent: Callable[[str], pl.Expr]) -> pl.DataFrame:
    # Kleene logic: a row of which one condition is false is out, whatever was not seen of it.
    both = reduce(lambda left, right: left & right, (_condition(condition, frame, absent) for condition in where))
    decided = frame.with_columns(__in=both)
    unsure = int(decided["__in"].null_count())
    if unsure:
        notes.append(f"of {plural(unsure, 'row')} it is not known whether --where fits: a value was not seen")
    rows = decided.filter(pl.col("__in")).drop("__in")
    if not rows.height and frame.height:
        notes.append(f"--where fits none of {plural(frame.height, 'row')}")
    return rows


def _condition(text: str, frame: pl.DataFrame, absent: Callable[[str], pl.Expr]) -> pl.Expr:
    parts = _CONDITION.fullmatch(text)
    if parts is None:
        raise BadInput(f"--where {text[:80]!r} is no condition; write COLUMN=VALUE, or with != > < >= <=, such as 'partitions>6'")
    typed, sign, value = parts.groups()
    name = column_named(typed, frame.columns)
    column, wanted = pl.col(name), value.strip()
    dtype = frame.schema[name]
    if wanted in {_UNSEEN, _ABSENT} and sign in {"=", "!="}:
        missing = column.is_null() & (absent(name) if wanted == _ABSENT else ~absent(name))
        if wanted == _ABSENT and dtype == pl.String:
            missing |= (column == "").fill_null(value=False)
        return missing if sign == "=" else ~missing
    if dtype == pl.String and sign in {"=", "!="} and is_pattern(wanted):
        matched = names_like(wanted, frame[name].drop_nulls().unique())
        return column.is_in(matched) if sign == "=" else ~column.is_in(matched)
    return _comparison(column, sign, _value(wanted, dtype, name))


def _value(text: str, dtype: Any, name: str) -> Any:  # noqa: ANN401  (as the column's type is)
    if dtype == pl.Boolean:
        if text.lower() not in _YES | _NO:
            raise BadInput(f"{name} is yes or no, and not {text[:40]!r}")
        return text.lower() in _YES
    if not dtype.is_numeric():
        return text
    try:
        return float(text) if dtype.is_float() else int(text)
    except ValueError:
        raise BadInput(f"{name} is a number, and {text[:40]!r} is none") from None


def _comparison(column: pl.Expr, sign: str, value: Any) -> pl.Expr:  # noqa: ANN401
    match sign:
        case "=":
            return column == value
        case "!=":
            return column != value
        case ">":
            return column > value
        case "<":
            return column < value
        case ">=":
            return column >= value
        case _:
            return column <= value
