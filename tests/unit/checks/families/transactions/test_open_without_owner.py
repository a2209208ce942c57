"""An open transaction to which nobody writes."""

from __future__ import annotations

import random

import pytest

from kastellan.checks.catalogue import registered_check
from kastellan.checks.evaluate import evaluate_one, subjects_of
from kastellan.checks.families.transactions import open_without_owner
from kastellan.kernel.outcome import State
from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.last_stable_offsets import LastStableOffsets
from kastellan.model.tables.transaction_partitions import TransactionPartitions
from kastellan.model.tables.transactions import Transactions
from kastellan.testing.missing_data_kit import broken_by
from kastellan.testing.snapshots import AT_MS, add, edit, failed_answer, healthy, hide
from kastellan.views.catalogue import all_views

JUDGEMENT = registered_check(open_without_owner)
PAYER = Subject("transaction", ("payer",))
WHERE = {"topic": "orders", "partition": 1}


def opened(open_s: float, *idle_s: float, state: str = "Ongoing", at_ms: int = AT_MS) -> Snapshot:
    """The transaction payer is open for so long; its last records on orders-0, orders-1, ... are so old."""
    row = {"transactional_id": "payer", "coordinator": 1, "producer_id": 4001, "state": state, "timeout_ms": 900_000}
    snapshot = add(healthy(at_ms=at_ms), Transactions, {**row, "start_ms": AT_MS - int(open_s * 1000)})
    parts = [
        {"transactional_id": "payer", "topic": "orders", "partition": number, "last_append_ms": AT_MS - int(each * 1000)}
        for number, each in enumerate(idle_s)
    ]
    return add(snapshot, TransactionPartitions, *parts)


def holding(snapshot: Snapshot) -> Snapshot:
    """120 offsets of orders-1 are beyond the last stable one."""
    return edit(snapshot, LastStableOffsets, WHERE, last_stable=880)


def verdict(snapshot: Snapshot) -> Verdict:
    return subjects_of(JUDGEMENT, snapshot, all_views())[PAYER]


def test_fires_as_a_warning_after_half_a_minute() -> None:
    (finding,) = evaluate_one(JUDGEMENT, holding(opened(50, 31, 40)), all_views()).findings
    assert finding.subject == PAYER
    assert finding.severity is Severity.WARNING
    assert finding.observed == (
        "open for 50 s, nothing written for 31 s; 120 records held back from read_committed consumers on orders-1"
    )
    assert finding.facts["ends_in_ms"] == 850_000


def test_is_an_error_when_readers_are_held_back_for_a_minute() -> None:
    (finding,) = evaluate_one(JUDGEMENT, holding(opened(90, 60, 70)), all_views()).findings
    assert finding.severity is Severity.ERROR
    (finding,) = evaluate_one(JUDGEMENT, opened(90, 60, 70), all_views()).findings
    assert finding.severity is Severity.WARNING
    assert finding.observed.endswith("no record is held back")


def test_does_not_fire_a_long_transaction_that_is_written_to_passes() -> None:
    assert verdict(holding(opened(3_600, 1_800, 2))) is Verdict.PASS


def test_a_young_one_and_one_that_is_being_ended_pass() -> None:
    assert verdict(opened(29, 29)) is Verdict.PASS
    assert verdict(opened(300, 300, state="PrepareCommit")) is Verdict.PASS


def test_settings_move_the_threshold() -> None:
    seen = subjects_of(JUDGEMENT, opened(300, 200), all_views(), {"idle_s": 240})
    assert seen[PAYER] is Verdict.PASS


def test_last_records_that_may_not_be_read_are_unknown_with_that_reason() -> None:
    snapshot, answer = failed_answer(opened(300, 200), reason="READ on topic orders is not allowed")
    snapshot = edit(snapshot, TransactionPartitions, {"transactional_id": "payer"}, last_append_ms=None, answer=answer)
    (doubt,) = evaluate_one(JUDGEMENT, snapshot, all_views()).unknown
    assert doubt.examples == (PAYER,)
    assert "READ on topic orders is not allowed" in doubt.reason
    assert snapshot.answers[-1].state is State.FAILED


def test_cannot_see_one_unseen_partition_is_unknown_unless_another_shows_life() -> None:
    unseen = {"transactional_id": "payer", "topic": "payments", "partition": 0}
    assert verdict(add(opened(300, 200), TransactionPartitions, unseen)) is Verdict.UNKNOWN
    assert verdict(add(opened(300, 2), TransactionPartitions, unseen)) is Verdict.PASS


@pytest.mark.parametrize("idle_s", [-3_600, 3_600])
def test_a_clock_that_cannot_be_right_is_not_trusted(idle_s: float) -> None:
    (doubt,) = evaluate_one(JUDGEMENT, opened(300, idle_s), all_views()).unknown
    assert "clocks differ" in doubt.reason


def test_records_since_the_earlier_look_make_it_a_remark() -> None:
    snapshot = holding(opened(300, 90, 200)).after(opened(300, 110, 200, at_ms=AT_MS - 10_000))
    (finding,) = evaluate_one(JUDGEMENT, snapshot, all_views()).findings
    assert finding.severity is Severity.INFO
    assert finding.observed.endswith("its clock is behind ours")


def test_ends_that_were_not_seen_are_told_and_are_no_error() -> None:
    snapshot = edit(opened(300, 200), LastStableOffsets, {"topic": "orders"}, last_stable=None)
    (finding,) = evaluate_one(JUDGEMENT, snapshot, all_views()).findings
    assert finding.severity is Severity.WARNING
    assert finding.observed.endswith("what it holds back on orders-0 was not all seen")


def test_topics_that_nobody_could_list_change_no_verdict() -> None:
    assert verdict(hide(opened(300, 200), "topic", "refunds")) is Verdict.FAIL
    assert verdict(hide(opened(300, 2), "topic", "refunds")) is Verdict.PASS


def test_ends_that_failed_elsewhere_are_no_reason_for_a_doubt() -> None:
    snapshot, answer = failed_answer(opened(300, 200), reason="no leader")
    snapshot = edit(snapshot, LastStableOffsets, {"topic": "payments"}, last_stable=None, answer=answer)
    snapshot = edit(snapshot, TransactionPartitions, {"transactional_id": "payer"}, last_append_ms=None)
    (doubt,) = evaluate_one(JUDGEMENT, snapshot, all_views()).unknown
    assert "no leader" not in doubt.reason


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    dead, alive = holding(opened(300, 200, 220)), opened(3_600, 1_800, 2)
    before = opened(300, 210, 230, at_ms=AT_MS - 10_000)
    for snapshot in (healthy(), dead, alive, dead.after(before), alive.after(before)):
        assert broken_by(JUDGEMENT, snapshot, all_views(), random.Random(7)) == []
