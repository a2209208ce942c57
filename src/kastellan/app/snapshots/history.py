"""The past of a cluster as it is saved: the snapshots that a run compares with, and the history of findings."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import msgspec

from kastellan.app.snapshots.history_needs import history_needs
from kastellan.checks.catalogue import RegisteredCheck
from kastellan.engine.needs import Views
from kastellan.engine.requests import requests_of, tables_of
from kastellan.findings.check_plan import CheckPlan
from kastellan.findings.stages import CheckRun, PastRecords
from kastellan.findings.track_history import merge_histories
from kastellan.kernel.errors import BadInput, Defect, Unavailable
from kastellan.kernel.logs import EventLog
from kastellan.model import diff as differ
from kastellan.model.catalogue import enumerating_tables
from kastellan.model.codec import dump, load
from kastellan.model.finding_history import SCHEMA, FindingHistory
from kastellan.model.retention import select_retained
from kastellan.model.snapshot import Snapshot
from kastellan.ports import SavedSnapshot, SnapshotStore

COMPARED_MIN_MS = 600_000
"""What is shown as new and changed is so since a snapshot of this age: three runs in a minute show it three times."""
SAVE_EVERY_MS = 60_000
"""While watching, a snapshot is saved this often."""
_RECALLED = 16
"""At most so many snapshots are read for one report, unless checks need more ages."""
_REUSED_MS = 10_000
"""A value that was requested so long before its snapshot was taken over from an older one."""
_LOG = EventLog(__name__)


class SnapshotHistory:
    """The past of a cluster in a store, for the length of one command. Damaged files cost a note, never a run."""

    def __init__(self, store: SnapshotStore, plan: CheckPlan) -> None:
        self._store = store
        self._plan = plan
        self._needs = history_needs(plan)
        self._cluster: str | None = None
        self._saved: tuple[SavedSnapshot, ...] = ()
        self._records = FindingHistory()
        self._records_read_ms = 0
        self._compared: Snapshot | None = None
        self._compared_sought = False
        self._previous: Snapshot | None = None
        self._saved_ms = 0
        self._notes: list[str] = []

    def recall(self, snapshot: Snapshot) -> tuple[Snapshot, ...]:
        """The saved snapshots that this one is compared with, newest first, each with the tables that its age needs."""
        if snapshot.cluster_id is None:
            return ()
        self._open(snapshot.cluster_id, snapshot.at_ms)
        by_time = {saved.at_ms: saved for saved in self._saved}
        needs = self._needs
        times = select_retained((snapshot.at_ms, *by_time), most=_RECALLED, ages_s=needs.ages_s, oldest_s=needs.oldest_s)
        recalled: list[Snapshot] = []
        for at_ms, tables in needs.tables_at(times).items():
            with suppress(BadInput, Unavailable):  # the note comes from the snapshot that is compared with
                earlier = load(self._store.read(by_time[at_ms]), only=tables)
                if earlier.cluster_id == snapshot.cluster_id:
                    recalled.append(_without_reused_tables(earlier))
        return tuple(recalled)

    def past(self, snapshot: Snapshot) -> PastRecords | None:
        """What is known of the cluster before this snapshot; None where its id was not seen."""
        if snapshot.cluster_id is None:
            return None
        self._open(snapshot.cluster_id, snapshot.at_ms)
        self._find_compared(snapshot.at_ms)
        return PastRecords(self._records, self._before, self._before_ms, self._compared, tuple(self._notes))

    def record(self, run: CheckRun) -> None:
        """Takes over what a run found, and saves its snapshot, at most one a minute.

        Raises Unavailable in one sentence where it cannot be saved.
        """
        report = run.report
        if run.records is not None:
            self._records, self._previous = run.records, run.snapshot
            # Without an older one, a watch compares with its first snapshot.
            self._compared = self._compared or run.snapshot.select(differ.TABLES)
        if report.cluster_id is None or report.at_ms - self._saved_ms < SAVE_EVERY_MS:
            return
        self._saved_ms = report.at_ms
        ours = self._records

        def merge_records(on_disk: bytes | None) -> bytes:
            theirs = _decode_records(on_disk)[0]
            # Somebody else has saved meanwhile.
            return msgspec.json.encode(merge_histories(ours, theirs) if theirs.at_ms > self._records_read_ms else ours)

        content = dump(msgspec.structs.replace(run.snapshot, earlier=()))
        self._store.save(report.cluster_id, report.at_ms, content, merge_records)
        self._records_read_ms = report.at_ms
        _LOG.info("snapshot saved", cluster=report.cluster_id, at_ms=report.at_ms, size_bytes=len(content))

    def _open(self, cluster: str, at_ms: int) -> None:
        """Reads what is saved of the cluster, once."""
        if self._cluster == cluster:
            return
        self._cluster, self._notes = cluster, []
        self._records, self._compared, self._compared_sought = FindingHistory(), None, False
        try:
            self._saved = tuple(saved for saved in self._store.list_snapshots(cluster) if saved.at_ms < at_ms)
            self._records, damage = _decode_records(self._store.findings(cluster))
        except Unavailable as error:
            self._saved, damage = (), error.message
        if damage:
            self._note(damage)
        self._records_read_ms = self._records.at_ms

    def _find_compared(self, at_ms: int) -> None:
        """Reads the snapshot to compare with, once; not before it is needed, so that its tables are no load for the checks."""
        if self._compared_sought:
            return
        self._compared_sought = True
        old_enough = [saved for saved in self._saved if at_ms - saved.at_ms >= COMPARED_MIN_MS]
        younger = [saved for saved in reversed(self._saved) if at_ms - saved.at_ms < COMPARED_MIN_MS]
        self._compared = self._first_readable((*old_enough, *younger))

    def _note(self, sentence: str) -> None:
        self._notes.append(sentence)
        _LOG.warning("history damaged", cluster=self._cluster, reason=sentence)

    def _first_readable(self, candidates: tuple[SavedSnapshot, ...]) -> Snapshot | None:
        for saved in candidates:
            name = Path(saved.location).name
            try:
                snapshot = load(self._store.read(saved), only=differ.TABLES)
            except (BadInput, Unavailable) as error:
                self._note(f"the saved snapshot {name} was left out: {error.message}")
                continue
            if snapshot.cluster_id == self._cluster:
                return snapshot
            self._note(f"the saved snapshot {name} is of another cluster and was left out")
        return None

    @property
    def _before_ms(self) -> int | None:
        if self._previous is not None:
            return self._previous.at_ms
        return self._saved[0].at_ms if self._saved else None

    def _before(self, check: str) -> Snapshot | None:
        """The snapshot just before this one, as far as the check needs it."""
        if self._previous is not None or not self._saved:
            return self._previous
        with suppress(BadInput, Unavailable):
            return load(self._store.read(self._saved[0]), only=_tables_of(self._plan.checks[check], self._plan.views))
        return None


def _tables_of(registered: RegisteredCheck, views: Views) -> frozenset[str]:
    """What a check's verdicts on one snapshot rest on: its tables, and those that enumerate its subjects."""
    meaning = {table.name for table in registered.check.meaningless_without}
    return tables_of(requests_of((registered.evaluate,), views)) | meaning | set(enumerating_tables().values())


def _without_reused_tables(snapshot: Snapshot) -> Snapshot:
    """The snapshot without tables that it had taken over from an older one: they are not of its moment."""
    old = {answer.id for answer in snapshot.answers if answer.sent_ms < snapshot.at_ms - _REUSED_MS}
    return snapshot.select(
        {name for name, table in snapshot.tables.items() if old.isdisjoint(table.df["answer"].drop_nulls().unique())}
    )


def _decode_records(data: bytes | None) -> tuple[FindingHistory, str]:
    """The history of findings, and a sentence where the file is damaged."""
    if data is None:
        return FindingHistory(), ""
    try:
        records = msgspec.json.decode(data, type=FindingHistory)
    except (msgspec.DecodeError, RecursionError, Defect) as error:
        return FindingHistory(), f"the file of known findings is damaged and was left out ({error}): ages are counted anew"
    if records.schema != SCHEMA:
        return FindingHistory(), f"the file of known findings has the schema {records.schema[:60]!r} and was left out"
    return records, ""
