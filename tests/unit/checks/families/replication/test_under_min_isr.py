from __future__ import annotations

from kastellan.checks.catalogue import all_checks
from kastellan.checks.evaluate import evaluate_one
from kastellan.model.finding import CheckResult, Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.replicas import Replicas
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.testing.cases import look_with_explanations
from kastellan.testing.snapshots import edit, healthy
from kastellan.views.catalogue import all_views

CHECK = "replication.under_min_isr"


def look(snapshot: Snapshot, **settings: float) -> CheckResult:
    return evaluate_one(all_checks()[CHECK], snapshot, all_views(), settings)


ORDERS_1 = {"topic": "orders", "partition": 1}
MINIMUM = {"topic": "orders", "config": "min.insync.replicas"}


def one_left() -> Snapshot:
    return edit(edit(healthy(), Replicas, ORDERS_1, in_sync=False), Replicas, {**ORDERS_1, "position": 0}, in_sync=True)


def test_fires_where_acks_all_is_refused() -> None:
    (found,) = look(one_left()).findings
    assert (found.subject, found.severity) == (Subject("partition", ("orders", 1)), Severity.ERROR)
    assert found.observed == "1 in sync, fewer than min.insync.replicas 2; not in sync on 1, 3"
    assert found.facts["configured_min"] == 2


def test_fires_on_a_lost_replica_when_all_must_follow() -> None:
    snapshot = edit(healthy(), TopicConfigs, MINIMUM, value="3")
    (found,) = look(edit(snapshot, Replicas, {**ORDERS_1, "position": 2}, in_sync=False)).findings
    assert found.facts["in_sync"] == 2


def test_fires_as_a_consequence_of_under_replication() -> None:
    first = look_with_explanations(CHECK, one_left()).findings[0]
    assert ("replication.under_replicated", Subject("partition", ("orders", 1))) in first.explained_by


def test_does_not_fire_at_the_minimum() -> None:
    assert look(edit(healthy(), Replicas, {**ORDERS_1, "position": 2}, in_sync=False)).counts == {Verdict.PASS: 6}


def test_does_not_fire_where_the_minimum_is_above_the_number_of_replicas() -> None:
    assert look(edit(healthy(rf=2), TopicConfigs, MINIMUM, value="3")).counts == {Verdict.PASS: 6}


def test_cannot_see_the_minimum() -> None:
    result = look(edit(one_left(), TopicConfigs, MINIMUM, value=None))
    assert result.counts == {Verdict.PASS: 3, Verdict.UNKNOWN: 3}


def test_cannot_see_the_isr() -> None:
    assert look(edit(healthy(), Replicas, {**ORDERS_1, "position": 2}, in_sync=None)).counts[Verdict.UNKNOWN] == 1
