"""A minimum that no ISR can reach."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.api_versions import ApiVersions
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.testing.cases import breaches, look, verdicts
from kastellan.testing.snapshots import add, edit, healthy

CHECK = "replication.min_insync_unreachable"
ORDERS = Subject("topic", ("orders",))


def demanding(minimum: str = "3") -> Snapshot:
    """Two replicas; the topic orders demands another number."""
    return edit(healthy(rf=2), TopicConfigs, {"topic": "orders", "config": "min.insync.replicas"}, value=minimum)


def test_fires_as_a_remark_where_kafka_takes_the_number_of_replicas() -> None:
    (found,) = look(CHECK, demanding()).findings
    assert (found.subject, found.severity) == (ORDERS, Severity.INFO)
    assert found.observed == "min.insync.replicas is 3 with 2 replicas"


@pytest.mark.parametrize(("speaks", "severity"), [(9, Severity.ERROR), (10, Severity.INFO)])
def test_fires_as_an_error_where_a_broker_is_older_than_3_7(speaks: int, severity: Severity) -> None:
    snapshot = add(demanding(), ApiVersions, {"broker": 2, "api_key": 0, "min_version": 0, "max_version": speaks})
    (found,) = look(CHECK, snapshot).findings
    assert found.severity is severity
    assert ("older than 3.7" in found.observed) == (severity is Severity.ERROR)


def test_does_not_fire_where_the_minimum_is_the_number_of_replicas() -> None:
    assert look(CHECK, demanding("2")).counts == {Verdict.PASS: 2}


def test_cannot_see_the_minimum_is_unknown() -> None:
    blind = edit(healthy(), TopicConfigs, {"topic": "orders"}, value=None)
    assert verdicts(CHECK, blind)[ORDERS] is Verdict.UNKNOWN


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, demanding()) == []
