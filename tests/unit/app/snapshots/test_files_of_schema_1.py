"""Files that a Kastellan of snapshot schema 1 wrote (commit 41c3115) are read: two kept snapshots and a finding history.

`schema-1` is the state directory of that version after two runs ten minutes apart, the second with an offline partition.
"""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kastellan.app.diagnose import plan_checks, run_checks_on_saved
from kastellan.app.snapshots.files import load as load_file
from kastellan.app.snapshots.history import SnapshotHistory
from kastellan.model.answer import Peer
from kastellan.model.codec import dump, manifest_of
from kastellan.model.finding import Change
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.replicas import Replicas
from kastellan.stores.snapshots import SnapshotFiles
from kastellan.testing.snapshots import AT_MS, edit, healthy

OLD = Path(__file__).parent / "schema-1"
SECOND = OLD / "test-cluster" / "1750000600000.snapshot"
MINUTE_MS = 60_000


def test_a_snapshot_is_read_whole_and_written_with_the_schema_of_today() -> None:
    data = SECOND.read_bytes()
    assert b'"schema":"kastellan.snapshot/1"' in manifest_bytes(data)
    snapshot, notes = load_file(SECOND)
    assert (snapshot.at_ms, snapshot.cluster_id, notes) == (AT_MS + 10 * MINUTE_MS, "test-cluster", ())
    assert len(snapshot.tables) > 25
    assert {answer.peer for answer in snapshot.answers} == peers_of(data)
    assert {answer.request for answer in snapshot.answers} == requests_of(data)
    offline = snapshot.table(Partitions)
    assert offline is not None
    assert offline.df.filter(leader=-1).select("topic", "partition").rows() == [("orders", 1)]
    assert manifest_of(dump(snapshot)).schema == "kastellan.snapshot/2"


def test_its_checks_say_what_they_said() -> None:
    report = run_checks_on_saved(load_file(SECOND).snapshot, plan_checks(("replication.offline",)), AT_MS).report
    assert [finding.subject.text for finding in report.findings] == ["orders-1"]


@pytest.mark.examines
def test_a_run_today_continues_the_history(tmp_path: Path) -> None:
    shutil.copytree(OLD, tmp_path / "snapshots")
    store = SnapshotFiles(tmp_path / "snapshots")
    plan = plan_checks(("replication.offline", "replication.under_min_isr"))
    history = SnapshotHistory(store, plan)
    now = healthy(at_ms=AT_MS + 20 * MINUTE_MS, topics={"orders": 3}, groups={})
    now = edit(now, Partitions, {"topic": "orders", "partition": 1}, leader=-1)
    now = edit(now, Replicas, {"topic": "orders", "partition": 1}, in_sync=False, offline=True)
    run = run_checks_on_saved(now.after(msgspec.structs.replace(now, at_ms=now.at_ms - 2_000)), plan, 0, history=history)
    history.record(run)
    assert not [note for note in run.report.notes if "left out" in note]
    (offline,) = [finding for finding in run.report.findings if finding.check == "replication.offline"]
    assert (offline.since_ms, offline.news) == (AT_MS + 10 * MINUTE_MS, Change.UNCHANGED)
    records = json.loads((tmp_path / "snapshots" / "test-cluster" / "findings.json").read_bytes())
    assert [record["since_ms"] for record in records["known"] if record["check"] == "replication.offline"] == [
        AT_MS + 10 * MINUTE_MS
    ]


def manifest_bytes(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read("manifest.json")


def peers_of(data: bytes) -> set[Peer]:
    """What the file's texts name, taken apart by hand."""
    texts = {answer["of"] for answer in answers_of(data)}
    return {Peer(kind, int(key) if key.isdecimal() else key or None) for kind, _, key in (text.partition("/") for text in texts)}


def requests_of(data: bytes) -> set[str]:
    return {answer["asked"] for answer in answers_of(data)}


def answers_of(data: bytes) -> list[dict[str, Any]]:
    return [answer for look in json.loads(manifest_bytes(data))["looks"] for answer in look["answers"]]
