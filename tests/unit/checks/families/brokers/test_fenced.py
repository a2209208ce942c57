from __future__ import annotations

from kastellan.checks.catalogue import all_checks
from kastellan.checks.evaluate import evaluate_one
from kastellan.model.finding import CheckResult, Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.brokers import Brokers
from kastellan.testing.snapshots import add, edit, healthy, hide
from kastellan.views.catalogue import all_views

CHECK = "brokers.fenced"


def look(snapshot: Snapshot, **settings: float) -> CheckResult:
    return evaluate_one(all_checks()[CHECK], snapshot, all_views(), settings)


DEAD = {"fenced": True, "listed": False, "reason": ""}


def test_fires_on_a_broker_that_the_controller_fenced() -> None:
    (found,) = look(edit(healthy(), Brokers, {"broker": 2}, **DEAD, reached=False, trouble="refused")).findings
    assert (found.subject, found.severity) == (Subject("broker", (2,)), Severity.ERROR)
    assert found.observed == "fenced by the controller; holds 6 replicas; from here: refused"


def test_fires_before_kafka_4_on_a_broker_that_is_not_listed() -> None:
    snapshot = edit(healthy(), Brokers, {}, fenced=None)
    (found,) = look(edit(snapshot, Brokers, {"broker": 2}, listed=False, reached=None)).findings
    assert found.observed == "not among the live brokers; holds 6 replicas; from here: not asked"


def test_fires_as_a_remark_on_a_registration_left_over() -> None:
    (found,) = look(add(healthy(), Brokers, {"broker": 9, **DEAD})).findings
    assert (found.severity, found.facts["replicas"]) == (Severity.INFO, 0)


def test_a_broker_that_only_replicas_name_is_not_registered_and_its_replicas_are_to_be_moved() -> None:
    snapshot = edit(healthy(), Brokers, {"broker": 3}, **DEAD | {"fenced": None}, registered=False, reached=None)
    (found,) = look(snapshot).findings
    assert found.observed == "not registered with the controller; holds 6 replicas; from here: not asked"
    assert "move these to other brokers" in all_checks()[CHECK].check.do


def test_fires_as_a_warning_when_its_replicas_could_not_be_seen() -> None:
    (found,) = look(hide(add(healthy(), Brokers, {"broker": 9, **DEAD}), "topic")).findings
    assert found.severity is Severity.WARNING
    assert "whether it holds replicas was not seen" in found.observed


def test_does_not_fire_on_live_brokers_of_either_age() -> None:
    assert look(healthy()).counts == {Verdict.PASS: 3}
    assert look(edit(healthy(), Brokers, {}, fenced=None)).counts == {Verdict.PASS: 3}


def test_does_not_fire_because_it_is_out_of_reach_from_here() -> None:
    assert look(edit(healthy(), Brokers, {"broker": 2}, reached=False)).counts == {Verdict.PASS: 3}


def test_cannot_see_a_broker_that_neither_told() -> None:
    result = look(edit(healthy(), Brokers, {"broker": 2}, fenced=None, listed=None))
    assert result.counts == {Verdict.PASS: 2, Verdict.UNKNOWN: 1}
