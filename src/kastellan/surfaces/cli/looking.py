"""A command looks at a live cluster or reads a saved snapshot; both go one way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from kastellan.model.codec import Loaded
    from kastellan.model.snapshot import Snapshot
    from kastellan.ports import Source
    from kastellan.surfaces.cli.reading import ConnectionOptions

T = TypeVar("T")


WHOLE_LOOK_S: Final = 20.0
"""Time for a look that asks for everything: every config of thousands of topics takes brokers some seconds."""


def looked(
    reach: ConnectionOptions,
    live: Callable[[Source, float], Awaitable[T]],
    saved: Callable[[Snapshot, tuple[str, ...]], T],
    of_the_command_s: float | None = None,
) -> T:
    """What `live` makes of a source and the time-out in seconds, or `saved` of a snapshot and what is to be said of it.

    `of_the_command_s` is the time-out where nobody said one and the usual one is too short.
    """
    if reach.saved:
        snapshot, notes = reach.load()
        return saved(snapshot, (age_note(snapshot.at_ms), *notes))
    import asyncio

    from kastellan.app.wiring import source_for

    target, timeout_s = reach.target(of_the_command_s)
    source = source_for(target)

    async def look() -> T:
        try:
            return await live(source, timeout_s)
        finally:
            await source.close()

    return asyncio.run(look())


def age_note(at_ms: int) -> str:
    """What is said of a saved snapshot: how old it is."""
    import time

    from kastellan.kernel.units import duration_text

    return f"from a saved snapshot, taken {duration_text(max(0, time.time() * 1000 - at_ms))} ago"


def kept(name: str, cluster: str | None) -> Loaded:
    """The look that a person names: a file, or a kept one of this cluster (last, -1, 02:41)."""
    import time

    from kastellan.app.snapshots.saved import find
    from kastellan.app.wiring import snapshot_store

    return find(name, snapshot_store(), cluster, int(time.time() * 1000))
