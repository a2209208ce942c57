"""Tables of an older look put into a newer one, for what changes slowly and is not asked each time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import msgspec
import polars as pl

from kastellan.model.snapshot import Snapshot
from kastellan.model.table import Frame, Rows, Table, Unseen


def carried(newer: Snapshot, older: Snapshot, names: Iterable[str]) -> Snapshot:
    """The newer look with these tables of the older one where it has none itself.

    The Answers that they rest on come with them, under new ids, and keep their own times: nothing looks fresher
    than it is.
    """
    missing = [name for name in names if name in older.tables and name not in newer.tables]
    if not missing:
        return newer
    shift = 1 + max((each.id for each in newer.answers), default=0)
    tables = {name: _shifted(older.tables[name], shift) for name in missing}
    used = {each for name in missing for each in _answers(older.tables[name])}
    answers = tuple(msgspec.structs.replace(each, id=each.id + shift) for each in older.answers if each.id in used)
    return msgspec.structs.replace(newer, tables={**newer.tables, **tables}, answers=(*newer.answers, *answers))


def _answers(table: Table) -> set[int]:
    return {*table.df["answer"].drop_nulls().unique(), *(each.answer for each in table.unseen)}


def _shifted(table: Table, shift: int) -> Table:
    df = table.df.with_columns((pl.col("answer") + shift).cast(table.schema()["answer"]))
    unseen = tuple(Unseen(each.answer + shift, each.roster) for each in table.unseen)
    kind: type[Table] = type(table)
    if issubclass(kind, Rows):
        return cast("type[Rows[Any]]", kind).from_df(df, unseen)
    return cast("type[Frame]", kind)(df, unseen)
