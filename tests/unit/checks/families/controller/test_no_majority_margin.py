"""How many controllers may still go away."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.quorum import Quorum
from kastellan.model.tables.quorum_nodes import QuorumNodes
from kastellan.testing.cases import breaches, look, look_with_explanations
from kastellan.testing.snapshots import AT_MS, edit, failed_answer, healthy, hide

CHECK = "controller.no_majority_margin"
FIVE = (101, 102, 103, 104, 105)


def without(snapshot: Snapshot, *nodes: int) -> Snapshot:
    """These voters were last caught up a minute ago."""
    for node in nodes:
        snapshot = edit(snapshot, QuorumNodes, {"node": node}, last_caught_up_ms=AT_MS - 60_000, last_fetch_ms=AT_MS - 60_000)
    return snapshot


def test_fires_where_those_left_are_just_a_majority() -> None:
    (found,) = look(CHECK, without(healthy(), 103)).findings
    assert (found.subject, found.severity) == (Subject("cluster", ()), Severity.ERROR)
    assert found.observed == "2 of 3 voters follow and 2 are a majority; not following: 103"
    assert look(CHECK, without(healthy(controllers=FIVE), 103, 105)).counts == {Verdict.FAIL: 1}


def test_does_not_fire_while_one_more_may_go() -> None:
    assert look(CHECK, without(healthy(controllers=FIVE), 104)).counts == {Verdict.PASS: 1}


def test_does_not_fire_where_the_number_alone_leaves_no_margin() -> None:
    for controllers in ((101,), (101, 102)):
        assert look(CHECK, healthy(controllers=controllers)).counts == {Verdict.PASS: 1}


def test_cannot_see_whether_a_voter_follows_is_unknown_where_it_decides() -> None:
    assert look(CHECK, edit(healthy(), QuorumNodes, {"node": 103}, last_caught_up_ms=None)).counts == {Verdict.UNKNOWN: 1}
    assert look(CHECK, edit(without(healthy(), 102), QuorumNodes, {"node": 103}, last_caught_up_ms=None)).counts == {
        Verdict.FAIL: 1
    }
    assert look(CHECK, edit(healthy(), Quorum, {}, leader=-1)).counts == {Verdict.UNKNOWN: 1}
    assert Verdict.PASS not in look(CHECK, hide(healthy(), "node", 103)).counts


def test_the_lagging_voters_are_told_under_it() -> None:
    (lagging,) = look_with_explanations("controller.voter_lagging", without(healthy(), 103)).findings
    assert lagging.explained_by == ((CHECK, Subject("cluster", ())),)


def test_a_combined_controller_that_is_away_explains_it() -> None:
    snapshot, _ = failed_answer(without(healthy(controllers=(1, 2, 3)), 3))
    away = edit(snapshot, Brokers, {"broker": 3}, fenced=True, listed=False)
    (found,) = look_with_explanations(CHECK, away).findings
    assert ("brokers.fenced", Subject("broker", (3,))) in found.explained_by


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, without(healthy(), 103), without(healthy(controllers=FIVE), 103)) == []
