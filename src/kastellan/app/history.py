"""Remember looks: tell since when each finding is, what is new, turned and gone, and what else changed; keep the look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache

import msgspec

from kastellan.app.diagnose import CheckPlan, CheckRun
from kastellan.app.history_needs import ages_s, reach
from kastellan.checks.evaluate import subjects_of
from kastellan.findings.track_history import Times, aged, merged
from kastellan.kernel.errors import BadInput, Defect, Unavailable
from kastellan.model import diff as differ
from kastellan.model.codec import dump, load
from kastellan.model.finding import Change, Verdict
from kastellan.model.finding_history import SCHEMA, FindingHistory
from kastellan.model.report import Past
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.brokers import Brokers
from kastellan.stores.snapshots import SavedSnapshot, SnapshotStore

COMPARED_MIN_MS = 600_000
"""What is told as new and changed is so since a look of this age: who looks three times in a minute sees it thrice."""
KEEP_EVERY_MS = 60_000
"""While watching, a look is kept this often."""
_SPARSE = 4
"""The gap between two recalled looks is at least this part of their age."""
_EXAMINATION_MS = 30_000
_CARRIED_MS = 10_000
"""Whatever was asked so long before a look was not asked in it."""


class History:
    """The past of a cluster, for the length of one command."""

    def __init__(self, store: SnapshotStore, exam: CheckPlan) -> None:
        self._store = store
        self._exam = exam
        self._ledger = FindingHistory()
        self._read: str | None = None
        self._kept: tuple[SavedSnapshot, ...] = ()
        self._compared: Snapshot | None = None
        self._kept_ms = 0
        self._began_ms = 0
        self._previous: Snapshot | None = None
        self._notes: tuple[str, ...] = ()

    def recalled(self, snapshot: Snapshot) -> tuple[Snapshot, ...]:
        """The kept looks that this one is compared with, newest first: dense near now, sparse long ago."""
        if snapshot.cluster_id is None:
            return ()
        self._begin(snapshot.cluster_id, snapshot.at_ms)
        oldest_s, tables = reach(self._exam)
        compared = self._compared_at(snapshot.at_ms)
        chosen: list[Snapshot] = []
        for each in self._kept:
            age_ms = snapshot.at_ms - each.at_ms
            near = bool(chosen) and chosen[-1].at_ms - each.at_ms < age_ms / _SPARSE
            if age_ms > oldest_s * 1000 or (near and each not in compared):
                continue
            with suppress(BadInput, Unavailable):  # told when it is compared with
                look = load(self._store.read(each), only=tables if each in compared else frozenset({Brokers.name}))
                if look.cluster_id == snapshot.cluster_id:
                    chosen.append(_of_its_time(look))
        return tuple(chosen)

    def _compared_at(self, at_ms: int) -> frozenset[SavedSnapshot]:
        """The looks whose tables checks compare with; of the others only the brokers are of use.

        Of each age the newest serves, and those that will be it until the examination's last look is over.
        """
        found: set[SavedSnapshot] = set()
        for age_s in ages_s(self._exam):
            ripe_ms = at_ms - round(age_s * 1000)
            found |= {each for each in self._kept if ripe_ms < each.at_ms <= ripe_ms + _EXAMINATION_MS}
            found |= set([each for each in self._kept if each.at_ms <= ripe_ms][:1])
        return frozenset(found)

    def told(self, examined: CheckRun) -> CheckRun:
        """The examination with the age of its findings, and with the past of its cluster where one is known."""
        report, snapshot = examined.report, examined.snapshot
        if report.cluster_id is None:
            return examined
        self._begin(report.cluster_id, report.at_ms)
        compared = self._compared
        times = Times(at_ms=report.at_ms, before_ms=self._before_ms, since_ms=compared.at_ms if compared else None)
        found = aged(report.results, self._ledger, self._verdicts(lambda: snapshot), self._verdicts(self._before), times)
        self._ledger, self._previous = found.ledger, snapshot
        past = None
        if compared is not None:
            news = [each.news for result in found.results for each in result.findings]
            past = Past(
                since_ms=compared.at_ms,
                new=news.count(Change.NEW),
                turned=news.count(Change.TURNED),
                gone=found.gone,
                changes=differ.diff(compared, snapshot),
            )
        else:
            # Who watches compares with the first look of the watch.
            self._compared = _slim(snapshot)
        notes = (*report.notes, *self._notes)
        return examined._replace(report=msgspec.structs.replace(report, results=found.results, past=past, notes=notes))

    def keep(self, examined: CheckRun) -> None:
        """Keeps the look that was told, at most one a minute. Raises Unavailable in one sentence where it cannot."""
        report = examined.report
        if report.cluster_id is None or report.at_ms - self._kept_ms < KEEP_EVERY_MS:
            return
        self._kept_ms = report.at_ms
        ours = self._ledger

        def joined(on_disk: bytes | None) -> bytes:
            theirs = _ledger(on_disk)[0]
            return msgspec.json.encode(merged(ours, theirs) if theirs.at_ms > self._began_ms else ours)

        content = dump(msgspec.structs.replace(examined.snapshot, earlier=()))
        self._store.keep(report.cluster_id, report.at_ms, content, joined)
        self._began_ms = report.at_ms

    def _begin(self, cluster: str, at_ms: int) -> None:
        """Reads what is kept of the cluster, once."""
        if self._read == cluster:
            return
        self._read, notes = cluster, list[str]()
        self._ledger, self._began_ms = FindingHistory(), 0
        try:
            self._kept = tuple(each for each in self._store.kept(cluster) if each.at_ms < at_ms)
            self._ledger, damaged = _ledger(self._store.findings(cluster))
        except Unavailable as error:
            self._kept, damaged = (), error.message
        if damaged:
            notes.append(damaged)
        self._began_ms = self._ledger.at_ms
        ripe = [each for each in self._kept if at_ms - each.at_ms >= COMPARED_MIN_MS]
        young = [each for each in reversed(self._kept) if at_ms - each.at_ms < COMPARED_MIN_MS]
        self._compared = self._first_whole((*ripe, *young), notes)
        self._notes = tuple(notes)

    def _first_whole(self, candidates: tuple[SavedSnapshot, ...], notes: list[str]) -> Snapshot | None:
        for each in candidates:
            try:
                look = load(self._store.read(each), only=differ.TABLES)
            except (BadInput, Unavailable) as error:
                notes.append(f"the kept look {each.path.name} was left out: {error.message}")
                continue
            if look.cluster_id == self._read:
                return look
            notes.append(f"the kept look {each.path.name} is of another cluster and was left out")
        return None

    @property
    def _before_ms(self) -> int | None:
        if self._previous is not None:
            return self._previous.at_ms
        return self._kept[0].at_ms if self._kept else None

    def _before(self) -> Snapshot | None:
        """The look just before this one, whole."""
        if self._previous is None and self._kept:
            with suppress(BadInput, Unavailable):
                self._previous = load(self._store.read(self._kept[0]))
        return self._previous

    def _verdicts(self, look: Callable[[], Snapshot | None]) -> Callable[[str], Mapping[Subject, Verdict]]:
        @cache
        def verdicts(check: str) -> Mapping[Subject, Verdict]:
            snapshot = look()
            if snapshot is None or check not in self._exam.checks:
                return {}
            try:
                return subjects_of(self._exam.checks[check], snapshot, self._exam.views, self._exam.settings.get(check, {}))
            except Exception:  # noqa: BLE001  (a check that crashes says nothing; its result tells that it did)
                return {}

        return verdicts


def _of_its_time(look: Snapshot) -> Snapshot:
    """The look without tables that it had carried over from an older one: they are not of its moment."""
    old = {each.id for each in look.answers if each.sent_ms < look.at_ms - _CARRIED_MS}
    tables = {name: table for name, table in look.tables.items() if old.isdisjoint(table.df["answer"].drop_nulls().unique())}
    return msgspec.structs.replace(look, tables=tables, earlier=())


def _slim(look: Snapshot) -> Snapshot:
    tables = {name: table for name, table in look.tables.items() if name in differ.TABLES}
    return msgspec.structs.replace(look, tables=tables, earlier=())


def _ledger(data: bytes | None) -> tuple[FindingHistory, str]:
    """The known findings, and what is to be said when the file is damaged."""
    if data is None:
        return FindingHistory(), ""
    try:
        found = msgspec.json.decode(data, type=FindingHistory)
    except (msgspec.DecodeError, RecursionError, Defect) as error:
        return FindingHistory(), f"the file of known findings is damaged and was left out ({error}): ages are counted anew"
    if found.schema != SCHEMA:
        return FindingHistory(), f"the file of known findings has the schema {found.schema[:60]!r} and was left out"
    return found, ""
