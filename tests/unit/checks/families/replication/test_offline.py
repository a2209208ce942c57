from __future__ import annotations

from kastellan.checks.catalogue import all_checks
from kastellan.checks.evaluate import evaluate_one
from kastellan.model.finding import CheckResult, Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.replicas import Replicas
from kastellan.testing.snapshots import edit, healthy, hide
from kastellan.views.catalogue import all_views

CHECK = "replication.offline"


def look(snapshot: Snapshot, **settings: float) -> CheckResult:
    return evaluate_one(all_checks()[CHECK], snapshot, all_views(), settings)


ORDERS_1 = {"topic": "orders", "partition": 1}


def offline() -> Snapshot:
    snapshot = edit(healthy(rf=2), Partitions, ORDERS_1, leader=-1, error="LEADER_NOT_AVAILABLE")
    snapshot = edit(snapshot, Replicas, {**ORDERS_1, "broker": 2}, in_sync=True, offline=True)
    return edit(snapshot, Replicas, {**ORDERS_1, "broker": 3}, in_sync=False, offline=True)


def test_fires_where_nobody_leads() -> None:
    (found,) = look(offline()).findings
    assert found.subject == Subject("partition", ("orders", 1))
    assert found.severity is Severity.ERROR
    assert found.observed == "no leader (LEADER_NOT_AVAILABLE); replicas on 2, 3; last in sync: 2"


def test_fires_and_says_when_no_replica_is_in_sync() -> None:
    (found,) = look(edit(offline(), Replicas, ORDERS_1, in_sync=False)).findings
    assert found.observed.endswith("replicas on 2, 3; no replica is in sync")


def test_does_not_fire_while_the_last_replica_leads() -> None:
    result = look(edit(healthy(), Replicas, {**ORDERS_1, "position": 1}, in_sync=False))
    assert result.counts == {Verdict.PASS: 6}


def test_cannot_see_a_leader_that_was_not_told() -> None:
    result = look(edit(healthy(), Partitions, ORDERS_1, leader=None))
    assert result.counts == {Verdict.PASS: 5, Verdict.UNKNOWN: 1}
    assert result.unknown[0].examples == (Subject("partition", ("orders", 1)),)


def test_cannot_see_topics_that_nobody_could_list() -> None:
    assert "some topics could not be listed" in look(hide(healthy(), "topic", "payments")).unknown[0].reason
