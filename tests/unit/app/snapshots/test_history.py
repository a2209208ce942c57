from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from kastellan.app.diagnose import plan_checks, run_checks_on_saved
from kastellan.app.snapshots.history import COMPARED_MIN_MS, SAVE_EVERY_MS, SnapshotHistory
from kastellan.findings.summary import summarize
from kastellan.kernel.errors import Unavailable
from kastellan.model.changes import How
from kastellan.model.codec import dump
from kastellan.model.finding import Change
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.replicas import Replicas
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.stores.snapshots import SnapshotFiles
from kastellan.testing.snapshots import AT_MS, edit, healthy, hide

pytestmark = pytest.mark.examines

MINUTE_MS = 60_000
OFFLINE = "replication.offline"
EXAM = plan_checks((OFFLINE, "replication.under_min_isr"))
CHECKS = {name: each.check for name, each in EXAM.checks.items()}


def sound(minute: float = 0, **shape):
    return healthy(at_ms=AT_MS + int(minute * MINUTE_MS), **shape)


def hurt(minute: float = 0, partition: int = 1):
    snapshot = edit(sound(minute), Partitions, {"topic": "orders", "partition": partition}, leader=-1)
    return edit(snapshot, Replicas, {"topic": "orders", "partition": partition}, in_sync=False, offline=True)


@pytest.fixture
def store(tmp_path):
    return SnapshotFiles(tmp_path / "snapshots")


def run(store, snapshot, exam=EXAM):
    """One run of the doctor: examined, told, kept."""
    history = SnapshotHistory(store, exam)
    twice = snapshot.after(msgspec.structs.replace(snapshot, at_ms=snapshot.at_ms - 2_000))
    told = run_checks_on_saved(twice, exam, 0, history=history)
    history.record(told)
    return told.report


def keep(store, snapshot):
    store.save(snapshot.cluster_id, snapshot.at_ms, dump(snapshot), lambda _: b"{}")


def past_of(report):
    assert report.past is not None
    return report.past


def ages(report) -> dict:
    return {(each.check, each.subject.text): (each.since_ms, each.news) for each in report.findings}


def test_the_first_run_compares_with_nothing(store):
    report = run(store, hurt())
    assert report.past is None
    assert ages(report)[OFFLINE, "orders-1"] == (AT_MS, None)
    assert summarize(report, CHECKS).changed == ()
    assert not any("Since" in dict(each.parts) for each in summarize(report, CHECKS).problems)


def test_new_known_and_gone_over_runs(store):
    run(store, sound())
    report = run(store, hurt(20))
    assert report.past is not None
    assert past_of(report).since_ms == AT_MS
    assert (past_of(report).new, len(past_of(report).gone)) == (2, 0)
    assert ages(report)[OFFLINE, "orders-1"] == (AT_MS + 20 * MINUTE_MS, Change.NEW)
    report = run(store, hurt(50))
    assert ages(report)[OFFLINE, "orders-1"] == (AT_MS + 20 * MINUTE_MS, Change.UNCHANGED)
    report = run(store, sound(80))
    assert {each.subject.text for each in past_of(report).gone} == {"orders-1"}
    assert past_of(report).new == 0
    assert any(line.text.startswith("gone: ") for line in summarize(report, CHECKS).changed)


def test_who_looks_three_times_in_a_minute_sees_what_is_new_thrice(store):
    run(store, sound())
    for minute in (30, 30.5, 31):
        report = run(store, hurt(minute))
        assert past_of(report).since_ms == AT_MS
        assert past_of(report).new == 2
        assert ages(report)[OFFLINE, "orders-1"] == (AT_MS + 30 * MINUTE_MS, Change.NEW)


def test_without_an_older_look_the_oldest_young_one_is_compared_with(store):
    for minute in (0, 2, 4):
        run(store, sound(minute))
    assert past_of(run(store, sound(6))).since_ms == AT_MS


def test_a_look_that_could_not_see_does_not_make_a_finding_new(store):
    run(store, hurt())
    blind = run(store, hide(edit(hurt(20), Partitions, {"topic": "orders"}, leader=None), "topic"))
    assert past_of(blind).gone == ()
    assert ages(run(store, hurt(40)))[OFFLINE, "orders-1"] == (AT_MS, Change.UNCHANGED)


def test_what_else_changed_is_told_with_the_times_between_which_it_happened(store):
    run(store, sound(topics={"orders": 3}, groups={"billing": "orders"}))
    after = edit(sound(20, groups={"billing": "orders"}), TopicConfigs, {"topic": "orders", "config": "retention.ms"}, value="1")
    report = run(store, after)
    assert [each.how for each in past_of(report).changes.topics] == [How.APPEARED]
    told = summarize(report, CHECKS)
    assert tuple(line.text for line in told.changed) == (
        "between 15:06:40Z and 15:26:40Z:",
        "topic/payments appeared",
        "retention.ms 604800000 -> 1 on topic/orders",
        "ACL allow User:app describe, read, write on topic payments appeared",
    )
    assert told.header[-1] == "0 new, 0 gone since the look of 15:06:40Z (20 min ago)"


def test_clusters_are_apart_and_one_without_an_id_is_not_kept(store):
    run(store, hurt())
    assert run(store, msgspec.structs.replace(sound(20), cluster_id="another")).past is None
    nameless = run(store, msgspec.structs.replace(sound(30), cluster_id=None))
    assert nameless.past is None
    assert len(store.clusters()) == 2


def test_a_damaged_look_is_told_and_the_next_one_taken(store):
    run(store, sound())
    run(store, sound(5))
    newest, oldest = store.list_snapshots("test-cluster")
    Path(newest.location).write_bytes(Path(newest.location).read_bytes()[:100])
    report = run(store, hurt(30))
    assert past_of(report).since_ms == oldest.at_ms
    assert any(Path(newest.location).name in each and "left out" in each for each in report.notes)
    Path(oldest.location).write_bytes(b"nothing")


@pytest.mark.parametrize(
    "content", [b"", b"{", b'{"schema": "kastellan.ledger/9"}', b'{"known": [{"subject": {"kind": "x", "key": []}}]}']
)
def test_damaged_findings_are_told_and_counted_anew(store, content):
    run(store, hurt())
    (store.directory / "test-cluster" / "findings.json").write_bytes(content)
    report = run(store, hurt(20))
    assert any("known findings" in each for each in report.notes)
    # The kept look still says that it is not new.
    assert ages(report)[OFFLINE, "orders-1"] == (AT_MS, Change.UNCHANGED)
    assert not any("known findings" in each for each in run(store, hurt(40)).notes)


def test_a_look_of_another_cluster_in_the_folder_is_left_out(store):
    run(store, sound())
    run(store, msgspec.structs.replace(sound(), cluster_id="another"))
    (strange,), (ours,) = store.list_snapshots("another"), store.list_snapshots("test-cluster")
    Path(ours.location).write_bytes(Path(strange.location).read_bytes())
    report = run(store, sound(20))
    assert report.past is None
    assert any("another cluster" in each for each in report.notes)


def test_while_watching_a_look_is_kept_once_a_minute_and_ages_go_on(store):
    history = SnapshotHistory(store, EXAM)
    seen = []
    for step in range(8):
        snapshot = (sound if step < 3 else hurt)(step * 20_000 / MINUTE_MS)
        first = msgspec.structs.replace(snapshot, at_ms=snapshot.at_ms - 2_000)
        told = run_checks_on_saved(snapshot.after(first), EXAM, 0, history=history)
        history.record(told)
        seen.append(ages(told.report).get((OFFLINE, "orders-1")))
    kept = [each.at_ms - AT_MS for each in reversed(store.list_snapshots("test-cluster"))]
    assert kept == [0, SAVE_EVERY_MS, 2 * SAVE_EVERY_MS]
    assert seen == [None] * 3 + [(AT_MS + 60_000, Change.NEW)] * 5
    assert ages(run(store, hurt(20)))[OFFLINE, "orders-1"] == (AT_MS + 60_000, Change.UNCHANGED)


def test_what_two_at_once_know_is_joined(store):
    run(store, sound())
    one, two = SnapshotHistory(store, EXAM), SnapshotHistory(store, EXAM)
    first = run_checks_on_saved(hurt(20).after(hurt(19.9)), EXAM, 0, history=one)
    second = run_checks_on_saved(hurt(21, 2).after(hurt(20.9, 2)), EXAM, 0, history=two)
    one.record(first)
    two.record(second)
    known = json.loads(store.findings("test-cluster") or b"")["known"]
    assert {each["subject"]["key"][1] for each in known} == {1, 2}


def test_a_folder_that_cannot_be_read_costs_a_note_and_one_that_cannot_be_written_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    store = SnapshotFiles(tmp_path / "file" / "snapshots")
    history = SnapshotHistory(store, EXAM)
    told = run_checks_on_saved(hurt().after(hurt(-0.1)), EXAM, 0, history=history)
    assert told.report.findings
    with pytest.raises(Unavailable):
        history.record(told)


def test_a_look_back_of_more_than_ten_minutes_is_preferred(store):
    for minute in (0, 11, 25, 30):
        run(store, sound(minute))
    assert past_of(run(store, sound(36))).since_ms == AT_MS + 25 * MINUTE_MS
    assert COMPARED_MIN_MS == 10 * MINUTE_MS


def recalled(store, snapshot, exam=EXAM):
    return SnapshotHistory(store, exam).recall(snapshot)


def test_kept_looks_serve_as_earlier_ones_dense_near_now_and_sparse_long_ago(store):
    for minute in (0, 2, 4, 56, 57, 58, 59):
        run(store, sound(minute))
    looks = recalled(store, sound(60))
    ages = [60 - (each.at_ms - AT_MS) // MINUTE_MS for each in looks]
    assert ages[:2] == [1, 2]
    assert ages == sorted(ages)
    assert all(each.earlier == () for each in looks)
    assert all("brokers" in each.tables for each in looks)


def test_of_many_kept_looks_few_are_recalled(store):
    for minute in range(31):
        keep(store, sound(minute))
    ages = [31 - (look.at_ms - AT_MS) // MINUTE_MS for look in recalled(store, sound(31))]
    assert len(ages) < 16
    assert ages[:3] == [1, 2, 3]
    assert ages[-1] == 31


def test_a_check_that_compares_over_a_day_has_its_look(store):
    exam = plan_checks(("groups.abandoned",))
    for minute in (0, 10, 1500):
        keep(store, sound(minute))
    day_before, *others = (look for look in recalled(store, sound(1510), exam) if "commits" in look.tables)
    assert day_before.at_ms == AT_MS + 10 * MINUTE_MS
    assert others == []


def test_looks_that_are_too_old_or_of_another_cluster_are_not_recalled(store):
    run(store, sound())
    assert recalled(store, sound(61)) == ()
    assert recalled(store, msgspec.structs.replace(sound(1), cluster_id="another")) == ()
    assert recalled(store, msgspec.structs.replace(sound(1), cluster_id=None)) == ()


def test_a_table_that_was_carried_over_is_not_of_the_look_that_carried_it(store):
    look = sound()
    old = msgspec.structs.replace(look.answers[0], id=99, sent_ms=look.at_ms - 60_000)
    look = edit(msgspec.structs.replace(look, answers=(*look.answers, old)), Brokers, {}, answer=99)
    run(store, look)
    (found,) = recalled(store, sound(5))
    assert "brokers" not in found.tables


def test_a_damaged_look_is_not_recalled(store):
    run(store, sound())
    (kept,) = store.list_snapshots(sound().cluster_id)
    Path(kept.location).write_bytes(b"torn")
    assert recalled(store, sound(5)) == ()


def test_of_a_recalled_look_only_what_is_compared_is_read(store):
    exam = plan_checks(("groups.stalled_partition",))  # compares with a look of three minutes ago
    for minute in (0, 4, 8, 9):
        run(store, sound(minute), exam)
    held = {10 - (each.at_ms - AT_MS) // MINUTE_MS: set(each.tables) for each in recalled(store, sound(10), exam)}
    assert held[6] >= {"brokers", "assignments", "commits", "offsets"}
    assert not held[6] & {"log_dirs", "replicas", "topic_configs"}
    assert held[1] == held[10] == {"brokers"}


def test_of_each_recalled_look_only_what_its_age_needs_is_read(store):
    for minute in (0, 50, 54, 56.5, 59):
        keep(store, sound(minute))
    held = {60 - (look.at_ms - AT_MS) / MINUTE_MS: set(look.tables) for look in recalled(store, sound(60), plan_checks())}
    assert set(held) == {1, 3.5, 6, 10, 60}
    young, minutes, rest = held[1], held[3.5], held[60]
    assert young == {"brokers", "log_dirs", "last_stable_offsets", "members", "offsets", "transaction_partitions"}
    assert "log_dirs" not in minutes
    assert minutes >= {"commits", "assignments", "groups"}
    assert rest >= {"api_versions", "brokers", "commits"}
    assert not rest & {"log_dirs", "replicas", "assignments"}


def test_a_look_that_is_only_just_too_young_is_whole_for_the_last_look_of_an_examination(store):
    exam = plan_checks(("groups.stalled_partition",))  # compares with a look of three minutes ago
    for minute in (0, 7.3):
        run(store, sound(minute), exam)
    just, old = recalled(store, sound(10), exam)
    assert set(just.tables) == set(old.tables) > {"commits"}
