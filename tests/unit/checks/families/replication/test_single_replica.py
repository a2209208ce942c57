from __future__ import annotations

from kastellan.checks.catalogue import all_checks
from kastellan.checks.evaluate import evaluate_one
from kastellan.model.finding import CheckResult, Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.testing.snapshots import healthy, hide
from kastellan.views.catalogue import all_views

CHECK = "replication.single_replica"


def look(snapshot: Snapshot, **settings: float) -> CheckResult:
    return evaluate_one(all_checks()[CHECK], snapshot, all_views(), settings)


OWN = {"orders": 2, "__consumer_offsets": 2}


def test_fires_as_a_remark_on_a_topic_with_one_copy() -> None:
    (found,) = look(healthy(topics={"orders": 2}, rf=1)).findings
    assert (found.subject, found.severity) == (Subject("topic", ("orders",)), Severity.INFO)
    assert found.observed == "2 of 2 partitions have one replica"


def test_fires_as_a_warning_on_kafkas_own_topics() -> None:
    told = {each.subject.key[0]: each.severity for each in look(healthy(topics=OWN, rf=1)).findings}
    assert told == {"orders": Severity.INFO, "__consumer_offsets": Severity.WARNING}


def test_does_not_fire_with_two_copies() -> None:
    assert look(healthy(topics=OWN, rf=2)).counts == {Verdict.PASS: 2}


def test_does_not_fire_where_there_is_one_broker() -> None:
    assert look(healthy(brokers=1, topics=OWN, rf=1)).counts == {Verdict.NOT_APPLICABLE: 2}


def test_cannot_see_how_many_brokers_there_are() -> None:
    result = look(hide(healthy(brokers=2, topics=OWN, rf=1), "broker", 2))
    assert result.counts == {Verdict.UNKNOWN: 3}
    assert any("some brokers could not be listed" in each.reason for each in result.unknown)
