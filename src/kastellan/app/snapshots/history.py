"""Remember looks: tell since when each finding is, what is new, turned and gone, and what else changed; keep the look."""

from __future__ import annotations

from contextlib import suppress

import msgspec

from kastellan.app.snapshots.history_needs import history_needs
from kastellan.checks.catalogue import RegisteredCheck
from kastellan.engine.needs import Views
from kastellan.engine.requests import requests_of, tables_of
from kastellan.findings.check_plan import CheckPlan
from kastellan.findings.stages import CheckRun, PastRecords
from kastellan.findings.track_history import merged
from kastellan.kernel.errors import BadInput, Defect, Unavailable
from kastellan.model import diff as differ
from kastellan.model.catalogue import enumerating_tables
from kastellan.model.codec import dump, load
from kastellan.model.finding_history import SCHEMA, FindingHistory
from kastellan.model.retention import retained
from kastellan.model.snapshot import Snapshot
from kastellan.stores.snapshots import SavedSnapshot, SnapshotStore

COMPARED_MIN_MS = 600_000
"""What is told as new and changed is so since a look of this age: who looks three times in a minute sees it thrice."""
KEEP_EVERY_MS = 60_000
"""While watching, a look is kept this often."""
_RECALLED = 16
"""At most so many snapshots are read for one report, unless checks need more ages."""
_CARRIED_MS = 10_000
"""Whatever was asked so long before a look was not asked in it."""


class History:
    """The past of a cluster, for the length of one command."""

    def __init__(self, store: SnapshotStore, exam: CheckPlan) -> None:
        self._store = store
        self._exam = exam
        self._needs = history_needs(exam)
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
        kept = {snapshot.at_ms: snapshot for snapshot in self._kept}
        needs = self._needs
        times = retained((snapshot.at_ms, *kept), most=_RECALLED, ages_s=needs.ages_s, oldest_s=needs.oldest_s)
        recalled: list[Snapshot] = []
        for at_ms, tables in needs.tables_at(times).items():
            with suppress(BadInput, Unavailable):  # told when it is compared with
                earlier = load(self._store.read(kept[at_ms]), only=tables)
                if earlier.cluster_id == snapshot.cluster_id:
                    recalled.append(_of_its_time(earlier))
        return tuple(recalled)

    def past(self, snapshot: Snapshot) -> PastRecords | None:
        """What is known of the cluster before this snapshot; None where its id was not seen."""
        if snapshot.cluster_id is None:
            return None
        self._begin(snapshot.cluster_id, snapshot.at_ms)
        return PastRecords(self._ledger, self._before, self._before_ms, self._compared, self._notes)

    def keep(self, examined: CheckRun) -> None:
        """Keeps the look that was shown, at most one a minute. Raises Unavailable in one sentence where it cannot."""
        report = examined.report
        if examined.records is not None:
            self._ledger, self._previous = examined.records, examined.snapshot
            # Who watches compares with the first look of the watch.
            self._compared = self._compared or examined.snapshot.select(differ.TABLES)
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

    def _before(self, check: str) -> Snapshot | None:
        """The look just before this one, as far as the check needs it."""
        if self._previous is not None or not self._kept:
            return self._previous
        with suppress(BadInput, Unavailable):
            return load(self._store.read(self._kept[0]), only=_tables_of(self._exam.checks[check], self._exam.views))
        return None


def _tables_of(registered: RegisteredCheck, views: Views) -> frozenset[str]:
    """What a check's verdicts on one look rest on: its tables, and those that enumerate its subjects."""
    meaning = {table.name for table in registered.check.meaningless_without}
    return tables_of(requests_of((registered.evaluate,), views)) | meaning | set(enumerating_tables().values())


def _of_its_time(look: Snapshot) -> Snapshot:
    """The look without tables that it had carried over from an older one: they are not of its moment."""
    old = {each.id for each in look.answers if each.sent_ms < look.at_ms - _CARRIED_MS}
    tables = {name: table for name, table in look.tables.items() if old.isdisjoint(table.df["answer"].drop_nulls().unique())}
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
