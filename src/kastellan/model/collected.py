"""What one source contributes to a snapshot, and how the parts of several sources join."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import msgspec
import polars as pl

from kastellan.model.snapshot import Cost, Vantage
from kastellan.model.table import Frame, Rows, Table


class Collected(msgspec.Struct, frozen=True, kw_only=True):
    """The tables of one source with what they cost.

    `at_ms` is None for a source that looks now; a replayed recording names its moment. Cluster id and vantage come from
    the source that speaks to the cluster itself.
    """

    tables: Mapping[str, Table] = {}
    cost: Cost = Cost()
    cluster_id: str | None = None
    vantage: Vantage | None = None
    at_ms: int | None = None


def join_tables(parts: Iterable[Mapping[str, Table]]) -> dict[str, Table]:
    """The tables of several sources by name; a table that several of them fill is joined, see `join_rows`."""
    by_name: dict[str, list[Table]] = {}
    for part in parts:
        for name, table in part.items():
            by_name.setdefault(name, []).append(table)
    return {name: tables[0] if len(tables) == 1 else join_rows(tables) for name, tables in by_name.items()}


def join_rows(tables: Sequence[Table]) -> Table:
    """One table of the rows of several, all of the same class.

    Rows of the same key become one: the first table that has values for it wins, and a row without values (a
    placeholder, which names the Answer that failed) yields to one with values. What any source could not enumerate
    stays unseen.
    """
    kind = type(tables[0])
    frame = pl.concat([table.df for table in tables])
    values = [name for name in kind.schema() if name not in {*kind.key, "answer"}]
    if values:
        frame = frame.sort(pl.all_horizontal(pl.col(values).is_null()), maintain_order=True)
    else:
        frame = frame.sort(pl.any_horizontal(pl.col(kind.key).is_null()), maintain_order=True)
    frame = frame.unique(subset=list(kind.key), keep="first", maintain_order=True)
    unseen = tuple(dict.fromkeys(part for table in tables for part in table.unseen))
    if issubclass(kind, Rows):
        return cast("type[Rows[Any]]", kind).from_df(frame, unseen)
    return cast("type[Frame]", kind)(frame, unseen)
