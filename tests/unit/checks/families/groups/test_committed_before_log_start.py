"""Records that were deleted before a living group had read them."""

from __future__ import annotations

import random

import pytest

from kastellan.checks.catalogue import registered_check
from kastellan.checks.evaluate import evaluate_one, subjects_of
from kastellan.checks.families.groups import committed_before_log_start
from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.assignments import Assignments
from kastellan.model.tables.commits import Commits
from kastellan.model.tables.offsets import Offsets
from kastellan.testing.missing_data_kit import broken_by
from kastellan.testing.snapshots import drop, edit, failed_answer, healthy
from kastellan.views.catalogue import all_views

JUDGEMENT = registered_check(committed_before_log_start)
LOST = Subject("group_partition", ("billing", "orders", 2))
WHERE = {"topic": "orders", "partition": 2}


def overtaken(earliest: int = 500) -> Snapshot:
    """Retention has deleted up to `earliest` on one partition, where the group has committed 400."""
    snapshot = edit(healthy(), Commits, {"group": "billing", **WHERE}, committed=400)
    return edit(snapshot, Offsets, WHERE, earliest=earliest)


def verdict(snapshot: Snapshot) -> Verdict:
    return subjects_of(JUDGEMENT, snapshot, all_views())[LOST]


def test_fires_with_the_number_of_lost_offsets() -> None:
    result = evaluate_one(JUDGEMENT, overtaken(), all_views())
    (finding,) = result.findings
    assert finding.subject == LOST
    assert finding.severity is Severity.ERROR
    assert finding.observed == "committed 400, log starts at 500: up to 100 records deleted unread; owner billing-0"
    assert result.counts == {Verdict.PASS: 2, Verdict.FAIL: 1}


def test_does_not_fire_a_commit_at_the_start_of_the_log_passes() -> None:
    assert verdict(overtaken(earliest=400)) is Verdict.PASS


def test_a_partition_that_no_member_owns_does_not_apply() -> None:
    assert verdict(drop(overtaken(), Assignments, WHERE)) is Verdict.NOT_APPLICABLE


def test_cannot_see_a_start_that_was_not_seen_is_unknown_with_the_reason() -> None:
    snapshot, answer = failed_answer(overtaken(), reason="no leader")
    result = evaluate_one(JUDGEMENT, edit(snapshot, Offsets, WHERE, earliest=None, answer=answer), all_views())
    (doubt,) = result.unknown
    assert doubt.examples == (LOST,)
    assert "no leader" in doubt.reason


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    for snapshot in (healthy(), overtaken(), drop(overtaken(), Assignments, WHERE)):
        assert broken_by(JUDGEMENT, snapshot, all_views(), random.Random(7)) == []
