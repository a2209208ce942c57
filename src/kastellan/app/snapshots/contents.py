"""Inspect a saved snapshot: what it holds and what it could not see."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import msgspec
import polars as pl

from kastellan.app.reference_data import read_releases
from kastellan.app.snapshots.files import load
from kastellan.findings.cluster_shape import cluster_shape
from kastellan.findings.unseen_text import bad_answers
from kastellan.model.codec import Loaded, manifest_of
from kastellan.model.report import Shape
from kastellan.model.snapshot import Cost, Snapshot, Vantage
from kastellan.model.text_kind import TextKind

_NO_NAMES = frozenset({TextKind.WORD, TextKind.CONFIG})


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """One table of the latest look: its rows, its bytes in memory, how many rows rest on an Answer that is not whole."""

    table: str
    rows: int
    rows_incomplete: int
    rosters_unseen: tuple[str, ...]
    memory_bytes: int


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """How many different names of one sort the file holds, and three of them."""

    sort: str
    count: int
    examples: tuple[str, ...]


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
    names: tuple[Names, ...] = ()
    size_bytes: int | None = None
    hashes: int = 0
    """Tables whose bytes are what the manifest says; one that is not would have been refused."""
    redaction: str = ""


def inspect(loaded: Loaded) -> Contents:
    """The contents of a loaded file."""
    snapshot = loaded.snapshot
    bad = [answer.id for answer in snapshot.incomplete_answers]
    tables = tuple(
        Held(
            table=name,
            rows=table.df.height,
            rows_incomplete=int(table.df["answer"].is_in(bad).sum()) if "answer" in table.columns else 0,
            rosters_unseen=tuple(sorted({unseen.roster for unseen in table.unseen})),
            memory_bytes=int(table.df.estimated_size()),
        )
        for name, table in sorted(snapshot.tables.items())
    )
    return Contents(
        cluster_id=snapshot.cluster_id,
        vantage=snapshot.vantage,
        shape=cluster_shape(snapshot, read_releases()),
        at_ms=tuple(look.at_ms for look in (snapshot, *snapshot.earlier)),
        tables=tables,
        unseen=tuple(bad_answers(snapshot.answers)),
        cost=snapshot.cost,
        notes=loaded.notes,
        names=names_in(snapshot),
    )


def names_in(snapshot: Snapshot) -> tuple[Names, ...]:
    """What would leave with the snapshot that is somebody's and not Kafka's, by sort."""
    by_kind: dict[str, set[str]] = defaultdict(set)
    for look in (snapshot, *snapshot.earlier):
        for table in look.tables.values():
            for name, column in table.columns.items():
                kind = column.text or TextKind.TEXT
                if column.dtype == pl.String and kind not in _NO_NAMES:
                    by_kind[kind].update(table.df[name].drop_nulls().unique().to_list())
        by_kind["vantage"].update(filter(None, (look.vantage.host, look.vantage.principal, look.vantage.bootstrap)))
    return tuple(
        Names(sort=sort, count=len(texts - {""}), examples=tuple(sorted(texts - {""})[:3]))
        for sort, texts in sorted(by_kind.items())
        if texts - {""}
    )


def inspect_file(path: Path) -> Contents:
    """The contents of a file, its hashes verified. Raises BadInput for a file that was damaged or changed."""
    loaded = load(path)
    data = path.read_bytes()
    manifest = manifest_of(data)
    hashes = sum(bool(table.sha256) for look in manifest.looks for table in look.tables)
    return msgspec.structs.replace(inspect(loaded), size_bytes=len(data), hashes=hashes, redaction=manifest.redaction)
