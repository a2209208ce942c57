"""Watch a cluster: examine it again and again, each time knowing the looks before."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import msgspec

from kastellan.app.examine import Exam, Examined, examine
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import BadInput, Unreachable
from kastellan.kernel.units import duration_text
from kastellan.model.carry import carried, thinned
from kastellan.model.needs import Wanted, needs_of
from kastellan.model.snapshot import Moment, Snapshot
from kastellan.ports import Source
from kastellan.views.catalogue import all_views

SLOW = frozenset({"log_dirs", "replica_sizes", "topic_configs", "broker_configs"})
"""Tables that change slowly or cost the cluster most (DescribeLogDirs goes to the file system)."""
SLOW_EVERY_S = 60.0
SHORTEST_S = 1.0


async def watch(source: Source, exam: Exam, timeout_s: float, every_s: float) -> AsyncIterator[Examined]:
    """An examination every `every_s` seconds, for ever; a look that reached nobody is told and tried again.

    The slow tables are asked every minute and carried over in between, with a note of their age. Raises Unreachable
    when already the first look reached nobody.
    """
    if every_s < SHORTEST_S:
        raise BadInput(f"--watch {every_s:g} is too often; give {SHORTEST_S:g} s or more")
    oldest_s, kept = _memory(exam)
    slow: Snapshot | None = None
    slow_at_s = 0.0
    before: Examined | None = None
    while True:
        began_s = time.monotonic()
        fresh = slow is not None and began_s - slow_at_s < SLOW_EVERY_S
        looking = _Carrying(source, slow) if fresh else source
        try:
            examined = await examine(looking, exam, timeout_s, before)
        except Unreachable as error:
            if before is None:
                raise
            told = (f"this look reached nobody: {error.message}", "what is shown is the look before")
            yield before._replace(report=msgspec.structs.replace(before.report, notes=told))
            await asyncio.sleep(max(0.0, every_s - (time.monotonic() - began_s)))
            continue
        if not fresh:
            slow, slow_at_s = examined.snapshot, began_s
        elif slow is not None and SLOW & slow.tables.keys():
            examined = _noted(examined, slow)
        before = _remembering(examined, kept, oldest_s)
        yield examined
        await asyncio.sleep(max(0.0, every_s - (time.monotonic() - began_s)))


class _Carrying:
    """A source that leaves the slow tables out and puts the older ones in their place."""

    def __init__(self, source: Source, slow: Snapshot | None) -> None:
        self._source, self._slow = source, slow

    async def look(self, wanted: Wanted, deadline: Deadline) -> Snapshot:
        fast = msgspec.structs.replace(wanted, tables=wanted.tables - SLOW)
        newer = await self._source.look(fast, deadline)
        return newer if self._slow is None else carried(newer, self._slow, sorted(SLOW & wanted.tables))

    async def close(self) -> None:
        await self._source.close()


def _noted(examined: Examined, slow: Snapshot) -> Examined:
    age = duration_text(examined.report.at_ms - slow.at_ms)
    note = f"log directories and configs are looked at every {SLOW_EVERY_S:g} s; these are {age} old"
    return examined._replace(report=msgspec.structs.replace(examined.report, notes=(*examined.report.notes, note)))


def _remembering(examined: Examined, kept: frozenset[str], oldest_s: float) -> Examined:
    """The examination with a memory that is bounded: earlier looks thinned, and only the tables that are compared."""
    looks = (examined.snapshot, *examined.snapshot.earlier)
    newest, *older = thinned(looks, kept, examined.snapshot.at_ms, oldest_s)
    return examined._replace(snapshot=msgspec.structs.replace(newest, earlier=tuple(older)))


def _memory(exam: Exam) -> tuple[float, frozenset[str]]:
    """How far back the needs of the checks go, in seconds, and the tables that they compare."""
    views = all_views()
    oldest_s = 0.0
    todo: list[tuple[Callable[..., object], bool]] = [(each.judge, False) for each in exam.checks.values()]
    tables: set[str] = set()
    seen: set[tuple[Callable[..., object], bool]] = set()
    while todo:
        function, is_earlier = todo.pop()
        if (function, is_earlier) in seen:
            continue
        seen.add((function, is_earlier))
        for need in needs_of(function):
            oldest_s = max(oldest_s, need.earlier.min_s if need.earlier else 0.0)
            then = is_earlier or need.earlier is not None
            if need.wanted in views:
                todo.append((views[need.wanted], then))
            elif need.wanted is not Moment and then:
                tables.add(need.wanted.name)
    return oldest_s, frozenset(tables)
