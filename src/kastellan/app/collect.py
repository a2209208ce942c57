"""Collect several looks into one snapshot."""

from __future__ import annotations

import asyncio

from kastellan.app.observe import observe
from kastellan.kernel.deadline import Deadline
from kastellan.model.needs import Wanted
from kastellan.model.snapshot import Snapshot
from kastellan.ports import Source


async def collect(source: Source, wanted: Wanted, timeout_s: float, looks: int, every_s: float) -> Snapshot:
    """The last of `looks` looks, each within `timeout_s` and `every_s` after the one before, knowing the others."""
    earlier: list[Snapshot] = []
    while True:
        snapshot = await observe(source, wanted, Deadline.after(timeout_s))
        if len(earlier) + 1 == looks:
            return snapshot.after(*reversed(earlier))
        earlier.append(snapshot)
        await asyncio.sleep(every_s)
