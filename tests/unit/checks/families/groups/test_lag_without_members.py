"""A group that lags without members: abandoned, or a consumer that assigns itself?"""

from __future__ import annotations

import random

import pytest

from kastellan.checks.catalogue import registered_check
from kastellan.checks.evaluate import evaluate_one, subjects_of
from kastellan.checks.families.groups import lag_without_members
from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.commits import Commits
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.offsets import Offsets
from kastellan.testing.missing_data_kit import broken_by
from kastellan.testing.snapshots import AT_MS, edit, healthy, hide
from kastellan.views.catalogue import all_views

JUDGEMENT = registered_check(lag_without_members)
BILLING = Subject("group", ("billing",))
AUDIT = Subject("group", ("audit",))


def empty(committed: int, latest: int, at_ms: int = AT_MS) -> Snapshot:
    """The group billing has no members; audit has, and no lag."""
    snapshot = healthy(groups={"billing": "orders", "audit": "payments"}, at_ms=at_ms)
    snapshot = edit(snapshot, Groups, {"group": "billing"}, state="Empty", members=0)
    snapshot = edit(snapshot, Offsets, {"topic": "orders"}, latest=latest)
    return edit(snapshot, Commits, {"group": "billing"}, committed=committed)


def before(committed: int, latest: int, ago_s: int = 1800) -> Snapshot:
    return empty(committed, latest, AT_MS - ago_s * 1000)


ABANDONED = empty(800, 1200).after(before(800, 1000))


def test_fires_for_a_group_that_stood_still_while_the_ends_moved() -> None:
    result = evaluate_one(JUDGEMENT, ABANDONED, all_views())
    (finding,) = result.findings
    assert finding.subject == BILLING
    assert finding.severity is Severity.WARNING
    assert finding.observed == (
        "no members; 1200 records to read on 3 of its partitions; no commit for 30 min while 600 offsets came"
    )
    assert result.counts == {Verdict.PASS: 1, Verdict.FAIL: 1}


def test_does_not_fire_a_consumer_that_assigns_itself_and_commits_passes() -> None:
    snapshot = edit(empty(800, 1200), Commits, {"group": "billing", "partition": 2}, committed=1100).after(before(800, 1000))
    assert subjects_of(JUDGEMENT, snapshot, all_views())[BILLING] is Verdict.PASS


def test_cannot_see_one_look_cannot_tell_and_says_when_to_look_again() -> None:
    result = evaluate_one(JUDGEMENT, empty(800, 1200), all_views())
    (doubt,) = result.unknown
    assert doubt.examples == (BILLING,)
    assert doubt.reason == (
        "no members and 1200 offsets behind: an abandoned group, or a consumer that assigns itself (Flink, Spark); "
        "look again in 1800 s, or use --watch"
    )
    assert result.counts == {Verdict.PASS: 1, Verdict.UNKNOWN: 1}


def test_a_look_that_is_too_young_is_none() -> None:
    snapshot = empty(800, 1200).after(before(800, 1000, ago_s=600))
    assert subjects_of(JUDGEMENT, snapshot, all_views())[BILLING] is Verdict.UNKNOWN
    assert subjects_of(JUDGEMENT, snapshot, all_views(), {"quiet_s": 600})[BILLING] is Verdict.FAIL


def test_a_topic_without_new_records_waits_for_nobody() -> None:
    snapshot = empty(800, 1000).after(before(800, 1000))
    assert subjects_of(JUDGEMENT, snapshot, all_views())[BILLING] is Verdict.PASS


def test_no_lag_or_members_pass_without_an_earlier_look() -> None:
    assert set(subjects_of(JUDGEMENT, healthy(), all_views()).values()) == {Verdict.PASS}
    assert subjects_of(JUDGEMENT, empty(1200, 1200), all_views())[BILLING] is Verdict.PASS


def test_a_group_without_commits_passes() -> None:
    snapshot = edit(healthy(groups={"billing": "no-such-topic"}), Groups, {}, state="Empty", members=0)
    assert subjects_of(JUDGEMENT, snapshot, all_views()) == {BILLING: Verdict.PASS}


def test_one_unseen_commit_leaves_it_unknown_and_one_unseen_end_does_not() -> None:
    views = all_views()
    commit_unseen = edit(ABANDONED, Commits, {"group": "billing", "partition": 0}, committed=None)
    assert subjects_of(JUDGEMENT, commit_unseen, views)[BILLING] is Verdict.UNKNOWN
    end_unseen = edit(ABANDONED, Offsets, {"topic": "orders", "partition": 0}, latest=None)
    (finding,) = evaluate_one(JUDGEMENT, end_unseen, views).findings
    assert finding.observed.startswith("no members; at least 800 records")


def test_hidden_topics_do_not_acquit_and_do_not_pass() -> None:
    seen = subjects_of(JUDGEMENT, hide(ABANDONED, "topic", "refunds"), all_views())
    assert (seen[BILLING], seen[AUDIT]) == (Verdict.FAIL, Verdict.UNKNOWN)


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    for snapshot in (healthy(), empty(800, 1200), ABANDONED, empty(900, 1200).after(before(800, 1000))):
        assert broken_by(JUDGEMENT, snapshot, all_views(), random.Random(7)) == []
