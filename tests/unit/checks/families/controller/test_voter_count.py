from __future__ import annotations

from kastellan.checks.catalogue import all_checks
from kastellan.checks.evaluate import evaluate_one
from kastellan.model.finding import CheckResult, Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.quorum_nodes import QuorumNodes
from kastellan.testing.snapshots import edit, healthy, hide
from kastellan.views.catalogue import all_views

CHECK = "controller.voter_count"


def look(snapshot: Snapshot, **settings: float) -> CheckResult:
    return evaluate_one(all_checks()[CHECK], snapshot, all_views(), settings)


def test_fires_on_a_single_and_on_two_controllers() -> None:
    for controllers in ((101,), (101, 102)):
        (found,) = look(healthy(controllers=controllers)).findings
        assert (found.subject, found.severity) == (Subject("cluster", ()), Severity.WARNING)
        assert found.observed == f"{len(controllers)} voters, which bear 0 failures"


def test_fires_as_a_remark_on_four_controllers_and_on_a_cluster_of_one() -> None:
    (four,) = look(healthy(controllers=(101, 102, 103, 104))).findings
    assert (four.severity, four.observed) == (Severity.INFO, "4 voters, which bear 1 failure")
    (alone,) = look(healthy(brokers=1, rf=1, controllers=(1,))).findings
    assert alone.severity is Severity.INFO


def test_does_not_fire_on_three_or_five() -> None:
    for controllers in ((101, 102, 103), (101, 102, 103, 104, 105)):
        assert look(healthy(controllers=controllers)).counts == {Verdict.PASS: 1}


def test_cannot_see_whether_a_node_votes() -> None:
    assert look(edit(healthy(), QuorumNodes, {"node": 102}, voter=None)).counts == {Verdict.UNKNOWN: 1}


def test_cannot_see_hidden_nodes() -> None:
    result = look(hide(healthy(), "node", 102))
    assert set(result.counts) == {Verdict.UNKNOWN}
