"""Watch a list: get it again and again, each time knowing the looks before."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Final

import msgspec

from kastellan.app.get import Listing, build_listing, requests_for
from kastellan.app.lists.catalogue import LISTS
from kastellan.app.monitor import check_interval
from kastellan.app.observe import observe
from kastellan.app.query import Query
from kastellan.app.snapshots.history_needs import earlier_tables
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import Unreachable
from kastellan.model.retention import select_retained
from kastellan.model.snapshot import Snapshot
from kastellan.model.table import Table
from kastellan.ports import Source
from kastellan.views.catalogue import all_views

_REMEMBERED: Final = 24
"""At most so many earlier looks are remembered, unless the list compares more ages."""


async def watch_list(
    source: Source,
    name: str,
    member: str | None,
    timeout_s: float,
    every_s: float,
    query: Query | None = None,
    on_tables: Callable[[Mapping[str, Table]], None] | None = None,
) -> AsyncIterator[Listing]:
    """The list every `every_s` seconds, for ever; where a look reached nobody, the list before with a note that says so.

    `on_tables` gets the tables of each look. Raises Unreachable when already the first look reached nobody, BadInput for
    a member that is not there or an interval that is too short.
    """
    check_interval(every_s)
    requests, memory = requests_for(name, member), _Memory(name)
    last: Listing | None = None
    while True:
        began_s = time.monotonic()
        try:
            snapshot = await observe(source, requests, Deadline.after(timeout_s))
        except Unreachable as error:
            if last is None:
                raise
            notes = (f"this look reached nobody: {error.message}", "the list is that of the look before")
            yield msgspec.structs.replace(last, notes=notes)
        else:
            if on_tables is not None:
                on_tables(snapshot.tables)
            last = build_listing(snapshot.after(*memory.looks), name, member, query=query)
            memory.keep(snapshot)
            yield last
        await asyncio.sleep(max(0.0, every_s - (time.monotonic() - began_s)))


class _Memory:
    """The earlier looks that a list compares with, newest first, with the tables that it compares only."""

    def __init__(self, name: str) -> None:
        compared = list(earlier_tables(LISTS[name].rows, all_views()))
        self._tables = frozenset(table for table, _ in compared)
        self._ages_s = frozenset(earlier.min_s for _, earlier in compared)
        self.looks: tuple[Snapshot, ...] = ()

    def keep(self, snapshot: Snapshot) -> None:
        """Remembers the look, and forgets those that no age needs."""
        by_time = {look.at_ms: look for look in (snapshot, *self.looks)}
        times = select_retained(by_time, most=_REMEMBERED, ages_s=self._ages_s, oldest_s=max(self._ages_s, default=0.0))
        self.looks = tuple(by_time[at_ms].select(self._tables) for at_ms in times)
