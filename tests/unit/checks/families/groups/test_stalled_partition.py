"""A partition that its owner does not move on."""

from __future__ import annotations

import random

import pytest

from kastellan.checks.catalogue import registered_check
from kastellan.checks.evaluate import evaluate_one, subjects_of
from kastellan.checks.families.groups import stalled_partition
from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.assignments import Assignments
from kastellan.model.tables.commits import Commits
from kastellan.model.tables.last_stable_offsets import LastStableOffsets
from kastellan.model.tables.offsets import Offsets
from kastellan.testing.missing_data_kit import broken_by
from kastellan.testing.snapshots import AT_MS, add, drop, edit, failed_answer, healthy, hide
from kastellan.views.catalogue import all_views

JUDGEMENT = registered_check(stalled_partition)
STUCK = Subject("group_partition", ("billing", "orders", 1))
MOVING = Subject("group_partition", ("billing", "orders", 0))


def look(committed: int, latest: int, *, others: int, at_ms: int = AT_MS) -> Snapshot:
    """Partition 1 has this commit; the other partitions have `others`; all end at `latest`."""
    snapshot = edit(healthy(at_ms=at_ms), Offsets, {"topic": "orders"}, latest=latest)
    snapshot = edit(snapshot, Commits, {"group": "billing"}, committed=others)
    return edit(snapshot, Commits, {"group": "billing", "partition": 1}, committed=committed)


BEFORE = look(900, 1000, others=990, at_ms=AT_MS - 180_000)
STALLED = look(900, 1500, others=1490).after(BEFORE)


def verdict(snapshot: Snapshot) -> Verdict:
    return subjects_of(JUDGEMENT, snapshot, all_views())[STUCK]


def test_fires_for_the_partition_whose_commit_stands() -> None:
    result = evaluate_one(JUDGEMENT, STALLED, all_views())
    (finding,) = result.findings
    assert finding.subject == STUCK
    assert finding.severity is Severity.WARNING
    assert finding.observed == ("committed 900 for 3 min, 600 behind, while 500 offsets came; owner billing-1 at /127.0.0.1")
    assert result.counts == {Verdict.PASS: 2, Verdict.FAIL: 1}


def test_a_commit_at_the_last_stable_offset_points_to_an_open_transaction() -> None:
    snapshot = edit(STALLED, LastStableOffsets, {"topic": "orders", "partition": 1}, last_stable=900)
    (finding,) = evaluate_one(JUDGEMENT, snapshot, all_views()).findings
    assert finding.observed.endswith("an open transaction holds it back")


def test_does_not_fire_a_commit_that_moves_passes_however_far_behind() -> None:
    assert verdict(look(901, 9_000_000, others=1490).after(BEFORE)) is Verdict.PASS


def test_an_idle_topic_passes() -> None:
    assert verdict(look(900, 1000, others=1000).after(BEFORE)) is Verdict.PASS


def test_a_partition_that_had_no_lag_before_is_not_yet_stalled() -> None:
    before = look(1000, 1000, others=1000, at_ms=AT_MS - 180_000)
    assert verdict(look(1000, 1500, others=1490).after(before)) is Verdict.PASS


def test_what_nobody_owns_is_another_matter() -> None:
    assert verdict(drop(STALLED, Assignments, {"group": "billing", "partition": 1})) is Verdict.PASS


def test_one_look_or_one_that_is_too_young_cannot_tell() -> None:
    (doubt,) = evaluate_one(JUDGEMENT, look(900, 1500, others=1490), all_views()).unknown
    assert doubt.reason == "needs an earlier look; look again in 180 s, or use --watch"
    young = look(900, 1500, others=1490).after(look(900, 1000, others=990, at_ms=AT_MS - 60_000))
    assert evaluate_one(JUDGEMENT, young, all_views()).counts == {Verdict.UNKNOWN: 1}
    assert evaluate_one(JUDGEMENT, young, all_views(), {"stalled_s": 60}).counts == {Verdict.PASS: 2, Verdict.FAIL: 1}


def test_an_unread_assignment_is_unknown() -> None:
    snapshot, answer = failed_answer(drop(STALLED, Assignments, {}))
    snapshot = add(snapshot, Assignments, {"group": "billing", "answer": answer})
    assert verdict(snapshot) is Verdict.UNKNOWN
    assert subjects_of(JUDGEMENT, snapshot, all_views())[MOVING] is Verdict.PASS


def test_cannot_see_an_end_that_was_not_seen_is_unknown_with_the_reason() -> None:
    snapshot, answer = failed_answer(STALLED, reason="no leader")
    snapshot = edit(snapshot, Offsets, {"topic": "orders", "partition": 1}, latest=None, earliest=None, answer=answer)
    (doubt,) = evaluate_one(JUDGEMENT, snapshot, all_views()).unknown
    assert doubt.examples == (STUCK,)
    assert "no leader" in doubt.reason


def test_the_earlier_look_s_answers_are_not_taken_for_those_of_this_one() -> None:
    before, of_before = failed_answer(BEFORE, reason="then")
    before = edit(before, Commits, {"group": "billing", "partition": 1}, committed=None, answer=of_before)
    now, of_now = failed_answer(look(900, 1500, others=1490), reason="now, and of something else")
    assert of_before == of_now
    (doubt,) = evaluate_one(JUDGEMENT, now.after(before), all_views()).unknown
    assert doubt.examples == (STUCK,)
    assert doubt.answers == ()
    assert "something else" not in doubt.reason


def test_groups_that_the_earlier_look_could_not_list_are_told_as_such() -> None:
    result = evaluate_one(JUDGEMENT, look(900, 1500, others=1490).after(hide(BEFORE, "group", "audit")), all_views())
    assert [each.reason for each in result.unknown] == ["some groups could not be listed in the earlier look"]
    assert result.counts == {Verdict.PASS: 2, Verdict.FAIL: 1, Verdict.UNKNOWN: 1}


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    for snapshot in (healthy().after(healthy(at_ms=AT_MS - 200_000)), STALLED):
        assert broken_by(JUDGEMENT, snapshot, all_views(), random.Random(7)) == []
