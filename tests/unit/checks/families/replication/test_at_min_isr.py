from __future__ import annotations

from kastellan.checks.catalogue import all_checks
from kastellan.checks.evaluate import evaluate_one
from kastellan.model.finding import CheckResult, Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.replicas import Replicas
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.testing.cases import look_with_explanations
from kastellan.testing.snapshots import edit, healthy
from kastellan.views.catalogue import all_views

CHECK = "replication.at_min_isr"


def look(snapshot: Snapshot, **settings: float) -> CheckResult:
    return evaluate_one(all_checks()[CHECK], snapshot, all_views(), settings)


ORDERS_1 = {"topic": "orders", "partition": 1}
MINIMUM = {"topic": "orders", "config": "min.insync.replicas"}


def one_away() -> Snapshot:
    return edit(healthy(), Replicas, {**ORDERS_1, "broker": 3}, in_sync=False)


def test_fires_where_one_more_loss_refuses_writes() -> None:
    (found,) = look(one_away()).findings
    assert (found.subject, found.severity) == (Subject("partition", ("orders", 1)), Severity.ERROR)
    assert found.observed == "2 of 3 in sync, min.insync.replicas is 2; missing on 3"


def test_fires_under_one_broker_for_all_its_partitions() -> None:
    snapshot = edit(healthy(), Replicas, {"broker": 3}, in_sync=False)
    snapshot = edit(snapshot, Brokers, {"broker": 3}, fenced=True, listed=False)
    found = look_with_explanations(CHECK, snapshot).findings
    assert len(found) == 6
    assert all(("brokers.fenced", Subject("broker", (3,))) in each.explained_by for each in found)


def test_does_not_fire_where_nothing_is_missing_though_the_minimum_is_reached() -> None:
    assert look(healthy(rf=2)).counts == {Verdict.PASS: 6}
    assert look(healthy(rf=1)).counts == {Verdict.PASS: 6}


def test_does_not_fire_below_the_minimum() -> None:
    snapshot = edit(one_away(), TopicConfigs, MINIMUM, value="3")
    assert look(snapshot).counts == {Verdict.PASS: 6}


def test_cannot_see_the_minimum() -> None:
    assert look(edit(one_away(), TopicConfigs, MINIMUM, value=None)).counts[Verdict.UNKNOWN] == 1
