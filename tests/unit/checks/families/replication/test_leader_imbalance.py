from __future__ import annotations

from kastellan.checks.catalogue import all_checks
from kastellan.checks.evaluate import evaluate_one
from kastellan.model.finding import CheckResult, Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.replicas import Replicas
from kastellan.testing.cases import look_with_explanations
from kastellan.testing.snapshots import AT_MS, edit, healthy, hide
from kastellan.views.catalogue import all_views

CHECK = "replication.leader_imbalance"


def look(snapshot: Snapshot, **settings: float) -> CheckResult:
    return evaluate_one(all_checks()[CHECK], snapshot, all_views(), settings)


MANY = {"orders": 60}


def moved(at_ms: int = AT_MS) -> Snapshot:
    """Broker 2 leads nothing of its 20 partitions."""
    return edit(healthy(topics=MANY, at_ms=at_ms), Partitions, {"leader": 2}, leader=3)


def test_fires_as_a_remark_when_one_look_shows_it() -> None:
    (found,) = look(moved()).findings
    assert (found.subject, found.severity) == (Subject("broker", (2,)), Severity.INFO)
    assert found.observed == "20 of its 20 partitions (100 %) are led by others in this one look"


def test_fires_as_a_warning_when_it_lasted_ten_minutes() -> None:
    (found,) = look(moved().after(moved(AT_MS - 600_000))).findings
    assert found.severity is Severity.WARNING
    assert found.observed.endswith("led by others, and were 10 minutes before")


def test_fires_as_a_remark_when_it_was_fine_before_or_the_look_is_too_young() -> None:
    for before in (healthy(topics=MANY, at_ms=AT_MS - 600_000), moved(AT_MS - 599_000)):
        assert look(moved().after(before)).findings[0].severity is Severity.INFO


def test_does_not_fire_within_the_setting() -> None:
    assert look(moved(), max_share_pct=100).counts == {Verdict.PASS: 3}


def test_does_not_fire_with_few_partitions() -> None:
    snapshot = edit(healthy(topics={"orders": 3}), Partitions, {"leader": 2}, leader=3)
    assert look(snapshot).counts == {Verdict.NOT_APPLICABLE: 3}


def test_fires_under_a_broker_that_is_fenced() -> None:
    snapshot = edit(moved(), Brokers, {"broker": 2}, fenced=True, listed=False)
    assert look_with_explanations(CHECK, snapshot).findings[0].explained_by == (("brokers.fenced", Subject("broker", (2,))),)


def test_cannot_see_a_leader() -> None:
    result = look(edit(healthy(topics=MANY), Partitions, {"partition": 1}, leader=None))
    assert result.counts == {Verdict.PASS: 2, Verdict.UNKNOWN: 1}


def test_cannot_see_who_is_preferred() -> None:
    result = look(edit(healthy(topics=MANY), Replicas, {"partition": 1, "broker": 1}, position=None))
    assert result.counts == {Verdict.UNKNOWN: 3}


def test_cannot_see_hidden_topics() -> None:
    assert Verdict.PASS not in look(hide(moved(), "topic", "orders")).counts
