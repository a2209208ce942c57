"""Monitor a cluster: collect, evaluate and record, again and again, each run knowing those before it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator

import msgspec

from kastellan.app.diagnose import run_checks
from kastellan.app.snapshots.history import SnapshotHistory
from kastellan.app.snapshots.history_needs import HistoryNeeds, earlier_tables, history_needs
from kastellan.engine.requests import TableRequests, tables_of, without_tables
from kastellan.findings.check_plan import CheckPlan
from kastellan.findings.stages import CheckRun, OlderResults
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import BadInput, Unavailable, Unreachable
from kastellan.kernel.logs import EventLog
from kastellan.model.answer_log import AnswerLog
from kastellan.model.catalogue import all_tables, slow_tables
from kastellan.model.collected import Collected
from kastellan.model.finding import CheckResult, Severity
from kastellan.model.retention import select_retained
from kastellan.model.reuse_tables import reuse_tables
from kastellan.model.snapshot import Snapshot
from kastellan.ports import Source

SLOW = slow_tables()
"""Tables that change slowly or cost the cluster most."""
SLOW_EVERY_S = min(all_tables()[name].collection.refresh_s for name in SLOW)
SHORTEST_S = 1.0
_REMEMBERED = 24
"""At most so many snapshots of a kind stay in memory, unless checks need more ages."""
_LOG = EventLog(__name__)


class Monitor:
    """The runs of one plan of checks over one source.

    The first run compares with the saved snapshots of the history, the others with the runs before them. The slow tables
    are requested every minute and reused in between, with a note of their age.
    """

    def __init__(
        self,
        source: Source,
        plan: CheckPlan,
        timeout_s: float,
        history: SnapshotHistory | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock` tells seconds that only run forward."""
        self._source = source
        self._plan = plan
        self._timeout_s = timeout_s
        self._history = history
        self._clock = clock
        self._recent = _RecentSnapshots(plan)
        self._unrecorded: CheckRun | None = None

    async def run(self) -> CheckRun:
        """One run: collect and evaluate. Where nothing answers the run before is returned, with a note.

        Raises Unreachable when already the first run reaches nobody.
        """
        began_s = self._clock()
        full = self._recent.is_full_run_due(began_s)
        before = self._recent.last_run(full=full)
        source = self._source if full else _ReusingSource(self._source, self._recent.slow)
        older = None if full else self._recent.older_results()
        self._unrecorded = None
        try:
            run = await run_checks(source, self._plan, self._timeout_s, before, self._history, older)
        except Unreachable as error:
            _LOG.warning("run failed", reason=error.message)
            if before is None:
                raise
            notes = (f"this look reached nobody: {error.message}", "what is shown is the look before")
            return before._replace(view=before.view.with_notes(notes))
        self._recent.remember(run, began_s, full=full)
        self._unrecorded = run
        _LOG.info("run finished", took_ms=round((self._clock() - began_s) * 1000), **_log_fields(run))
        return run

    async def record(self) -> None:
        """Saves the last run for later commands. Raises Unavailable in one sentence where it cannot."""
        run, self._unrecorded = self._unrecorded, None
        if run is None or self._history is None:
            return
        try:
            await asyncio.to_thread(self._history.record, run)
        except Unavailable as error:
            _LOG.warning("run not recorded", cluster=run.report.cluster_id, reason=error.message)
            raise

    async def runs(self, every_s: float) -> AsyncIterator[CheckRun]:
        """A run every `every_s` seconds, for ever."""
        while True:
            began_s = self._clock()
            yield await self.run()
            await asyncio.sleep(max(0.0, every_s - (self._clock() - began_s)))


def check_interval(every_s: float) -> None:
    """Raises BadInput for an interval that a cluster should not be asked in."""
    if every_s < SHORTEST_S:
        raise BadInput(f"--watch {every_s:g} is too often; give {SHORTEST_S:g} s or more")


def _log_fields(run: CheckRun) -> dict[str, object]:
    report = run.report
    severities = [finding.severity for result in report.results for finding in result.findings if finding.waived is None]
    return {
        "cluster": report.cluster_id,
        "collections": report.collections,
        "requests": report.cost.requests,
        "incomplete_answers": len(run.snapshot.incomplete_answers),
        **{f"{severity.value}_findings": severities.count(severity) for severity in Severity},
    }


class _ReusingSource:
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


class _RecentSnapshots:
    """The snapshots of this process, bounded in number and holding only the tables that checks compare.

    Full ones are apart from the frequent ones: a reused table must not be compared as if it were of the moment of the
    snapshot that reused it.
    """

    def __init__(self, plan: CheckPlan) -> None:
        self._needs = history_needs(plan)
        self._slow_checks = frozenset(_checks_of_slow_tables(plan))
        self._frequent: tuple[Snapshot, ...] = ()
        self._full: tuple[Snapshot, ...] = ()
        self._full_at_s = 0.0
        self._last: CheckRun | None = None
        self.slow = Snapshot(at_ms=0)

    def is_full_run_due(self, now_s: float) -> bool:
        return not self._full or now_s - self._full_at_s >= SLOW_EVERY_S

    def last_run(self, *, full: bool) -> CheckRun | None:
        """The last run, knowing the snapshots that the next one may compare with."""
        if self._last is None:
            return None
        newest, *older = self._full if full else self._frequent
        return self._last._replace(snapshot=msgspec.structs.replace(newest, earlier=tuple(older)))

    def remember(self, run: CheckRun, began_s: float, *, full: bool) -> None:
        snapshot = run.snapshot
        if full:
            self.slow, self._full_at_s = msgspec.structs.replace(snapshot, earlier=()), began_s
            self._full = _thin_out((snapshot, *self._full), self._needs, self._needs.tables)
        self._frequent = _thin_out((snapshot, *self._frequent), self._needs, self._needs.tables - SLOW)
        self._last = run._replace(snapshot=snapshot.select(()))

    def older_results(self) -> OlderResults | None:
        """The results of checks that compare slow tables, as they were when these were requested last."""
        if self._last is None or not SLOW & self.slow.tables.keys():
            return None
        results = {result.check: _without_evidence(result) for result in self._last.results if result.check in self._slow_checks}
        return OlderResults(results, self.slow.at_ms, SLOW_EVERY_S)


def _thin_out(snapshots: tuple[Snapshot, ...], needs: HistoryNeeds, tables: frozenset[str]) -> tuple[Snapshot, ...]:
    """The snapshots that are worth keeping, newest first, with these tables only."""
    by_time = {snapshot.at_ms: snapshot for snapshot in snapshots}
    times = select_retained(by_time, most=_REMEMBERED, ages_s=needs.ages_s, oldest_s=needs.oldest_s)
    return tuple(by_time[at_ms].select(tables) for at_ms in times)


def _without_evidence(result: CheckResult) -> CheckResult:
    """The result without ids of Answers: they belong to the snapshot that they came with."""
    findings = tuple(msgspec.structs.replace(finding, evidence=()) for finding in result.findings)
    unknown = tuple(msgspec.structs.replace(verdicts, answers=()) for verdicts in result.unknown)
    return msgspec.structs.replace(result, findings=findings, unknown=unknown)


def _checks_of_slow_tables(plan: CheckPlan) -> Iterator[str]:
    for name, registered in plan.checks.items():
        if any(table in SLOW for table, _ in earlier_tables(registered.evaluate, plan.views)):
            yield name
