"""Inspect a saved snapshot: what it holds and what it could not see."""

from __future__ import annotations

import msgspec

from kastellan.app.describe import shape_of
from kastellan.checks.not_seen import bad_answers
from kastellan.kernel.outcome import State
from kastellan.model.codec import Loaded
from kastellan.model.report import Shape
from kastellan.model.snapshot import Cost, Vantage


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """One table of the latest look: its rows, its bytes in memory, how many rows rest on an Answer that is not whole."""

    table: str
    rows: int
    rows_not_whole: int
    rosters_unseen: tuple[str, ...]
    memory_bytes: int


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """What a file holds."""

    cluster_id: str | None
    vantage: Vantage
    shape: Shape
    at_ms: tuple[int, ...]
    tables: tuple[Held, ...]
    unseen: tuple[str, ...]
    cost: Cost
    notes: tuple[str, ...]


def inspect(loaded: Loaded) -> Contents:
    """The contents of a loaded file."""
    snapshot = loaded.snapshot
    bad = [each.id for each in snapshot.answers if each.state is not State.COMPLETE]
    tables = tuple(
        Held(
            table=name,
            rows=table.df.height,
            rows_not_whole=int(table.df["answer"].is_in(bad).sum()) if "answer" in table.columns else 0,
            rosters_unseen=tuple(sorted({each.roster for each in table.unseen})),
            memory_bytes=int(table.df.estimated_size()),
        )
        for name, table in sorted(snapshot.tables.items())
    )
    return Contents(
        cluster_id=snapshot.cluster_id,
        vantage=snapshot.vantage,
        shape=shape_of(snapshot),
        at_ms=tuple(each.at_ms for each in (snapshot, *snapshot.earlier)),
        tables=tables,
        unseen=tuple(bad_answers(snapshot.answers)),
        cost=snapshot.cost,
        notes=loaded.notes,
    )
