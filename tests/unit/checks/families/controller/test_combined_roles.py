from __future__ import annotations

from kastellan.checks.catalogue import all_checks
from kastellan.checks.evaluate import evaluate_one
from kastellan.model.finding import CheckResult, Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.quorum_nodes import QuorumNodes
from kastellan.testing.snapshots import edit, healthy, hide
from kastellan.views.catalogue import all_views

CHECK = "controller.combined_roles"


def look(snapshot: Snapshot, **settings: float) -> CheckResult:
    return evaluate_one(all_checks()[CHECK], snapshot, all_views(), settings)


def test_fires_where_controllers_are_brokers() -> None:
    (found,) = look(healthy(controllers=(1, 2, 101))).findings
    assert (found.subject, found.severity) == (Subject("cluster", ()), Severity.INFO)
    assert found.observed == "2 of 3 controllers are brokers too (1, 2)"


def test_does_not_fire_with_controllers_of_their_own() -> None:
    assert look(healthy()).counts == {Verdict.PASS: 1}


def test_does_not_fire_on_a_single_node() -> None:
    assert look(healthy(brokers=1, rf=1, controllers=(1,))).counts == {Verdict.NOT_APPLICABLE: 1}


def test_cannot_see_whether_a_broker_votes() -> None:
    assert look(edit(healthy(), QuorumNodes, {"node": 2}, voter=None)).counts == {Verdict.UNKNOWN: 1}


def test_cannot_see_hidden_brokers() -> None:
    assert set(look(hide(healthy(), "broker", 2)).counts) == {Verdict.UNKNOWN}
