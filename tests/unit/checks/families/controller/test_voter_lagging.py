from __future__ import annotations

from kastellan.checks.catalogue import all_checks
from kastellan.checks.evaluate import evaluate_one
from kastellan.model.finding import CheckResult, Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.quorum import Quorum
from kastellan.model.tables.quorum_nodes import QuorumNodes
from kastellan.testing.snapshots import AT_MS, edit, healthy, hide
from kastellan.views.catalogue import all_views

CHECK = "controller.voter_lagging"


def look(snapshot: Snapshot, **settings: float) -> CheckResult:
    return evaluate_one(all_checks()[CHECK], snapshot, all_views(), settings)


FIVE = (101, 102, 103, 104, 105)


def behind(snapshot: Snapshot, *nodes: int, ms: int = 60_000) -> Snapshot:
    for node in nodes:
        snapshot = edit(
            snapshot, QuorumNodes, {"node": node}, last_caught_up_ms=AT_MS - ms, last_fetch_ms=AT_MS - ms, log_end_offset=400
        )
    return snapshot


def test_fires_as_an_error_where_one_more_loses_the_majority() -> None:
    (found,) = look(behind(healthy(), 103)).findings
    assert (found.subject, found.severity) == (Subject("node", (103,)), Severity.ERROR)
    assert found.observed == "last caught up 60 s ago, 500 records behind the leader 101; 2 of 3 voters follow"
    assert found.facts["reserve"] == "one more away loses it"


def test_fires_as_a_warning_where_the_quorum_bears_another() -> None:
    (found,) = look(behind(healthy(controllers=FIVE), 103)).findings
    assert found.severity is Severity.WARNING


def test_fires_on_a_voter_that_this_leader_never_saw() -> None:
    snapshot = edit(healthy(), QuorumNodes, {"node": 103}, last_caught_up_ms=-1, last_fetch_ms=-1, log_end_offset=None)
    (found,) = look(snapshot).findings
    assert found.observed == "never caught up with this leader, ? records behind the leader 101; 2 of 3 voters follow"


def test_fires_against_the_leaders_clock_and_not_ours() -> None:
    hour = 3_600_000
    late = healthy()
    for node in (101, 102, 103, 1, 2, 3):
        late = edit(late, QuorumNodes, {"node": node}, last_caught_up_ms=AT_MS - hour, last_fetch_ms=AT_MS - hour)
    assert Verdict.FAIL not in look(late).counts


def test_does_not_fire_on_a_short_lag_nor_on_observers() -> None:
    assert look(behind(healthy(), 103, ms=9_000)).counts == {Verdict.PASS: 3, Verdict.NOT_APPLICABLE: 3}
    assert look(behind(healthy(), 2)).counts == {Verdict.PASS: 3, Verdict.NOT_APPLICABLE: 3}


def test_does_not_fire_on_the_leader_whose_own_times_are_not_kept() -> None:
    assert Verdict.FAIL not in look(edit(healthy(), QuorumNodes, {"node": 101}, last_caught_up_ms=-1, last_fetch_ms=-1)).counts


def test_does_not_fire_right_after_an_election() -> None:
    snapshot = edit(healthy(), QuorumNodes, {}, last_caught_up_ms=-1, last_fetch_ms=-1)
    assert look(snapshot).counts == {Verdict.PASS: 1, Verdict.UNKNOWN: 2, Verdict.NOT_APPLICABLE: 3}


def test_does_not_fire_within_the_setting() -> None:
    assert Verdict.FAIL not in look(behind(healthy(), 103), max_behind_s=120).counts


def test_cannot_see_without_a_leader() -> None:
    result = look(edit(healthy(), Quorum, {}, leader=-1))
    assert result.counts[Verdict.UNKNOWN] == 3
    assert result.unknown[0].reason == "the quorum has no leader to measure against"


def test_cannot_see_the_present_of_the_leader_when_a_time_is_unseen() -> None:
    snapshot = edit(behind(healthy(), 103), QuorumNodes, {"node": 101}, last_fetch_ms=None)
    counts = look(snapshot).counts
    assert (counts[Verdict.FAIL], counts[Verdict.UNKNOWN]) == (1, 1)


def test_cannot_see_hidden_nodes() -> None:
    assert Verdict.UNKNOWN in look(hide(healthy(), "node", 102)).counts
