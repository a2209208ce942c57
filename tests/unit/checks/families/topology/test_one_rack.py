from __future__ import annotations

from kastellan.checks.catalogue import all_checks
from kastellan.checks.evaluate import evaluate_one
from kastellan.model.finding import CheckResult, Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.brokers import Brokers
from kastellan.testing.snapshots import edit, healthy, hide
from kastellan.views.catalogue import all_views

CHECK = "topology.one_rack"


def look(snapshot: Snapshot, **settings: float) -> CheckResult:
    return evaluate_one(all_checks()[CHECK], snapshot, all_views(), settings)


TWO = {"orders": 4}


def racks(*names: str | None, rf: int = 2) -> Snapshot:
    snapshot = healthy(brokers=len(names), topics=TWO, rf=rf)
    for number, name in enumerate(names, start=1):
        snapshot = edit(snapshot, Brokers, {"broker": number}, rack=name)
    return snapshot


def test_fires_where_a_partition_stands_in_one_of_several_racks() -> None:
    (found,) = look(racks("a", "a", "b", "b")).findings
    assert (found.subject, found.severity) == (Subject("topic", ("orders",)), Severity.WARNING)
    assert found.observed == "2 of 4 partitions have all their replicas in one rack (a, b)"


def test_does_not_fire_where_each_partition_has_two_racks() -> None:
    assert look(racks("a", "b", "a", "b")).counts == {Verdict.PASS: 1}


def test_does_not_fire_without_racks_or_with_one() -> None:
    assert look(racks("", "", "")).counts == {Verdict.NOT_APPLICABLE: 1}
    assert look(racks("a", "a", "a")).counts == {Verdict.NOT_APPLICABLE: 1}


def test_does_not_fire_on_single_replicas() -> None:
    assert look(racks("a", "b", rf=1)).counts == {Verdict.NOT_APPLICABLE: 1}


def test_cannot_see_the_rack_that_decides() -> None:
    assert look(racks("a", "b", "b", None)).counts == {Verdict.FAIL: 1}
    assert look(racks("a", "a", None)).counts == {Verdict.UNKNOWN: 1}


def test_cannot_see_whether_a_broker_without_a_rack_stands_apart() -> None:
    assert look(racks("a", "b", "", "")).counts == {Verdict.UNKNOWN: 1}


def test_cannot_see_hidden_brokers() -> None:
    result = look(hide(racks("a", "b", "a", "b"), "broker", 4))
    assert Verdict.PASS not in result.counts
