"""Collect several looks into one snapshot."""

from __future__ import annotations

import asyncio

import msgspec

from kastellan.app.observe import observe
from kastellan.engine.requests import TableRequests
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import BadInput
from kastellan.kernel.units import bytes_text
from kastellan.model.catalogue import spare_tables
from kastellan.model.codec import dump
from kastellan.model.snapshot import Snapshot
from kastellan.ports import Source

_LEAST_LOOK_S = 0.3


async def collect(
    source: Source, requests: TableRequests, timeout_s: float, looks: int, every_s: float, within: Deadline | None = None
) -> Snapshot:
    """The last of `looks` looks, each within `timeout_s` and `every_s` after the one before, knowing the others.

    With `within` the looks end when that time is over, as many as they are then; the first one is always taken.
    """
    earlier: list[Snapshot] = []
    while True:
        deadline = Deadline.after(timeout_s)
        snapshot = await observe(source, requests, deadline.within(within.remaining_s()) if within else deadline)
        over = within is not None and within.remaining_s() < every_s + _LEAST_LOOK_S
        if len(earlier) + 1 == looks or over:
            return snapshot.after(*reversed(earlier))
        earlier.append(snapshot)
        await asyncio.sleep(every_s)


def fit_size(snapshot: Snapshot, most_bytes: int) -> tuple[Snapshot, tuple[str, ...]]:
    """The snapshot without what makes its file too large, the least missed first, and what was left out.

    Raises BadInput when what every check needs is already too large.
    """
    left_out, size = list[str](), 0
    for step in (None, *spare_tables(), "earlier"):
        if step == "earlier":
            snapshot = msgspec.structs.replace(snapshot, earlier=())
            left_out.append("the earlier looks were left out for size: what compares looks cannot be judged")
        elif step is not None:
            looks = [_without(look, step) for look in (snapshot, *snapshot.earlier)]
            snapshot = msgspec.structs.replace(looks[0], earlier=tuple(looks[1:]))
            left_out.append(f"the table {step} was left out for size")
        size = len(dump(snapshot))
        if size <= most_bytes:
            return snapshot, tuple(left_out)
    raise BadInput(f"even without what can be spared the bundle has {bytes_text(size)}; allow more with --max-size")


def _without(look: Snapshot, table: str) -> Snapshot:
    return msgspec.structs.replace(look, tables={name: kept for name, kept in look.tables.items() if name != table})
