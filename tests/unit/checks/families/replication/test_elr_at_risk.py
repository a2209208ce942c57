"""Eligible leader replicas of a partition below its minimum."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.features import Features
from kastellan.model.tables.replicas import Replicas
from kastellan.testing.cases import breaches, look, verdicts
from kastellan.testing.snapshots import add, edit, healthy

CHECK = "replication.elr_at_risk"
ONE = {"topic": "orders", "partition": 1}
ORDERS_1 = Subject("partition", ("orders", 1))


def with_elr(snapshot: Snapshot) -> Snapshot:
    """The cluster keeps eligible leader replicas."""
    return add(snapshot, Features, {"feature": "eligible.leader.replicas.version", "finalized_level": 1, "supported_max": 1})


def below(*, eligible: bool | None = True) -> Snapshot:
    """One replica of orders-1 is left in sync; that on broker 2 was the last to leave."""
    snapshot = edit(with_elr(healthy()), Replicas, {**ONE, "broker": 1}, in_sync=False)
    return edit(snapshot, Replicas, {**ONE, "broker": 2}, in_sync=False, eligible=eligible)


def test_fires_and_names_who_must_keep_the_disk() -> None:
    (found,) = look(CHECK, below()).findings
    assert (found.subject, found.severity) == (ORDERS_1, Severity.WARNING)
    assert found.observed == "1 in sync, fewer than 2; eligible to lead without loss: 2"


def test_does_not_fire_at_the_minimum_or_without_an_eligible_one() -> None:
    at_minimum = edit(with_elr(healthy()), Replicas, {**ONE, "broker": 2}, in_sync=False, eligible=True)
    for snapshot in (with_elr(healthy()), at_minimum, below(eligible=False)):
        assert look(CHECK, snapshot).counts == {Verdict.PASS: 6}


def test_a_cluster_that_does_not_know_the_feature_is_not_judged() -> None:
    assert look(CHECK, healthy()).counts == {Verdict.NOT_APPLICABLE: 6}


def test_cannot_see_who_is_eligible_is_unknown_only_below_the_minimum() -> None:
    result = look(CHECK, below(eligible=None))
    assert result.counts == {Verdict.PASS: 5, Verdict.UNKNOWN: 1}
    assert [each.reason for each in result.unknown] == ["its eligible leader replicas were not seen"]
    assert verdicts(CHECK, edit(below(), Replicas, {}, in_sync=None))[ORDERS_1] is Verdict.UNKNOWN


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, below()) == []
