"""Runs a use case on a live cluster or on a saved snapshot, whichever the options name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from kastellan.model.codec import Loaded
    from kastellan.model.snapshot import Snapshot
    from kastellan.ports import Source
    from kastellan.surfaces.cli.reading import ConnectionOptions

T = TypeVar("T")


FULL_COLLECTION_S: Final = 20.0
"""Time limit of a collection of every table: brokers need seconds for every config of thousands of topics."""


def collect_or_load(
    reach: ConnectionOptions,
    live: Callable[[Source, float], Awaitable[T]],
    saved: Callable[[Snapshot, tuple[str, ...]], T],
    default_timeout_s: float | None = None,
) -> T:
    """The result of `live` for a source and a time limit in seconds, or of `saved` for a snapshot and notes about it.

    `default_timeout_s` replaces the usual time limit where no option sets one.
    """
    if reach.saved:
        snapshot, notes = reach.load()
        return saved(snapshot, (age_note(snapshot.at_ms), *notes))
    import asyncio

    from kastellan.app.wiring import source_for

    target, timeout_s = reach.target(default_timeout_s)
    source = source_for(target)

    async def collect() -> T:
        try:
            return await live(source, timeout_s)
        finally:
            await source.close()

    return asyncio.run(collect())


def age_note(at_ms: int) -> str:
    """The note about the age of a saved snapshot."""
    import time

    from kastellan.kernel.units import duration_text

    return f"from a saved snapshot, taken {duration_text(max(0, time.time() * 1000 - at_ms))} ago"


def find_snapshot(name: str, cluster: str | None) -> Loaded:
    """The snapshot of this name: a file, or one that doctor kept of this cluster (last, -1, 02:41)."""
    import time

    from kastellan.app.snapshots.saved import find
    from kastellan.app.wiring import snapshot_store

    return find(name, snapshot_store(), cluster, int(time.time() * 1000))
