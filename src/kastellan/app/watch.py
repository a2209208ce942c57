"""Watch a cluster: examine it again and again, each time knowing the looks before."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import msgspec

from kastellan.app.diagnose import run_checks
from kastellan.app.snapshots.history import History
from kastellan.app.snapshots.history_needs import HistoryNeeds, earlier_tables, history_needs
from kastellan.engine.requests import TableRequests, tables_of, without_tables
from kastellan.findings.check_plan import CheckPlan
from kastellan.findings.stages import CheckRun, OlderResults
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import BadInput, Unreachable
from kastellan.model.answer_log import AnswerLog
from kastellan.model.carry import reuse_tables
from kastellan.model.catalogue import all_tables, slow_tables
from kastellan.model.collected import Collected
from kastellan.model.finding import CheckResult
from kastellan.model.retention import retained
from kastellan.model.snapshot import Snapshot
from kastellan.ports import Source

SLOW = slow_tables()
SLOW_EVERY_S = min(all_tables()[name].collection.refresh_s for name in SLOW)
SHORTEST_S = 1.0
_REMEMBERED = 24
"""At most so many looks of a kind are remembered, unless checks need more ages."""


async def watch(
    source: Source, exam: CheckPlan, timeout_s: float, every_s: float, history: History | None = None
) -> AsyncIterator[CheckRun]:
    """An examination every `every_s` seconds, for ever; a look that reached nobody is told and tried again.

    The slow tables are asked every minute and carried over in between, with a note of their age. Raises Unreachable
    when already the first look reached nobody.
    """
    if every_s < SHORTEST_S:
        raise BadInput(f"--watch {every_s:g} is too often; give {SHORTEST_S:g} s or more")
    memory = _Memory(exam)
    while True:
        began_s = time.monotonic()
        whole = memory.is_slow_turn(began_s)
        before = memory.before(whole=whole)
        try:
            asked = source if whole else _Carrying(source, memory.slow)
            examined = await run_checks(asked, exam, timeout_s, before, history, None if whole else memory.older_results())
        except Unreachable as error:
            if before is None:
                raise
            told = (f"this look reached nobody: {error.message}", "what is shown is the look before")
            yield before._replace(view=before.view.with_notes(told))
        else:
            memory.remember(examined, began_s, whole=whole)
            yield examined
        await asyncio.sleep(max(0.0, every_s - (time.monotonic() - began_s)))


class _Carrying:
    """A source that leaves the slow tables out and puts the older ones in their place."""

    def __init__(self, source: Source, slow: Snapshot) -> None:
        self._source, self._slow = source, slow

    @property
    def name(self) -> str:
        return self._source.name

    @property
    def tables(self) -> frozenset[str]:
        return self._source.tables

    async def collect(self, requests: TableRequests, answers: AnswerLog, deadline: Deadline) -> Collected:
        collected = await self._source.collect(without_tables(requests, SLOW), answers, deadline)
        older = reuse_tables(self._slow, SLOW & tables_of(requests), answers)
        return msgspec.structs.replace(collected, tables={**older, **collected.tables})

    async def close(self) -> None:
        await self._source.close()


class _Memory:
    """The looks that are kept, bounded in number and holding only the tables that checks compare.

    Whole looks are kept apart from the frequent ones: a carried table must not be compared as if it were of the
    moment of the look that carried it.
    """

    def __init__(self, exam: CheckPlan) -> None:
        self._needs = history_needs(exam)
        self._slow_checks = frozenset(_comparing_slow(exam))
        self._dense: tuple[Snapshot, ...] = ()
        self._whole: tuple[Snapshot, ...] = ()
        self._whole_at_s = 0.0
        self._last: CheckRun | None = None
        self.slow = Snapshot(at_ms=0)

    def is_slow_turn(self, now_s: float) -> bool:
        return not self._whole or now_s - self._whole_at_s >= SLOW_EVERY_S

    def before(self, *, whole: bool) -> CheckRun | None:
        """The last examination, knowing the looks that the next one may compare with."""
        if self._last is None:
            return None
        newest, *older = self._whole if whole else self._dense
        return self._last._replace(snapshot=msgspec.structs.replace(newest, earlier=tuple(older)))

    def remember(self, examined: CheckRun, began_s: float, *, whole: bool) -> None:
        """Keeps the look."""
        snapshot = examined.snapshot
        if whole:
            self.slow, self._whole_at_s = msgspec.structs.replace(snapshot, earlier=()), began_s
            self._whole = _thin_out((snapshot, *self._whole), self._needs, self._needs.tables)
        self._dense = _thin_out((snapshot, *self._dense), self._needs, self._needs.tables - SLOW)
        self._last = examined._replace(snapshot=msgspec.structs.replace(snapshot, earlier=(), tables={}))

    def older_results(self) -> OlderResults | None:
        """The results of checks that compare slow tables, as they were when these were asked last."""
        if self._last is None or not SLOW & self.slow.tables.keys():
            return None
        results = {each.check: _without_evidence(each) for each in self._last.results if each.check in self._slow_checks}
        return OlderResults(results, self.slow.at_ms, SLOW_EVERY_S)


def _thin_out(looks: tuple[Snapshot, ...], needs: HistoryNeeds, tables: frozenset[str]) -> tuple[Snapshot, ...]:
    """The looks that are worth keeping, newest first, with these tables only."""
    by_time = {look.at_ms: look for look in looks}
    times = retained(by_time, most=_REMEMBERED, ages_s=needs.ages_s, oldest_s=needs.oldest_s)
    return tuple(by_time[at_ms].select(tables) for at_ms in times)


def _without_evidence(result: CheckResult) -> CheckResult:
    """The ids of Answers belong to the look that they came with."""
    findings = tuple(msgspec.structs.replace(each, evidence=()) for each in result.findings)
    unknown = tuple(msgspec.structs.replace(verdicts, answers=()) for verdicts in result.unknown)
    return msgspec.structs.replace(result, findings=findings, unknown=unknown)


def _comparing_slow(exam: CheckPlan) -> Iterator[str]:
    return (
        name for name, each in exam.checks.items() if any(table in SLOW for table, _ in earlier_tables(each.evaluate, exam.views))
    )
