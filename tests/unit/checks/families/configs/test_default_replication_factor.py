"""Defaults for topics to come."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.features import Features
from kastellan.testing.cases import breaches, look, verdicts
from kastellan.testing.snapshots import add, edit, healthy

CHECK = "configs.default_replication_factor"
FACTOR = Subject("broker_config", ("default.replication.factor",))
MINIMUM = Subject("broker_config", ("min.insync.replicas",))


def low(snapshot: Snapshot, config: str, value: str = "1", broker: int = 2) -> Snapshot:
    return edit(snapshot, BrokerConfigs, {"broker": broker, "config": config}, value=value)


def eligible(snapshot: Snapshot, level: int | None) -> Snapshot:
    return add(snapshot, Features, {"feature": "eligible.leader.replicas.version", "finalized_level": level})


def test_fires_for_each_default_that_is_too_low() -> None:
    found = look(CHECK, low(low(healthy(), "default.replication.factor"), "min.insync.replicas")).findings
    assert [(each.subject, each.severity, each.observed, each.expected) for each in found] == [
        (FACTOR, Severity.INFO, "1 on broker 2", "3 or more"),
        (MINIMUM, Severity.INFO, "1 on broker 2", "2 or more"),
    ]


def test_does_not_fire_for_defaults_that_fit() -> None:
    assert verdicts(CHECK, healthy()) == {FACTOR: Verdict.PASS, MINIMUM: Verdict.PASS}


def test_does_not_ask_for_more_copies_than_there_are_brokers() -> None:
    two = low(low(healthy(brokers=2, rf=2), "default.replication.factor", "2", 1), "default.replication.factor", "2", 2)
    assert verdicts(CHECK, low(two, "min.insync.replicas")) == {FACTOR: Verdict.PASS, MINIMUM: Verdict.NOT_APPLICABLE}
    assert set(verdicts(CHECK, healthy(brokers=1, rf=1)).values()) == {Verdict.NOT_APPLICABLE}


@pytest.mark.parametrize(("level", "verdict"), [(1, Verdict.NOT_APPLICABLE), (0, Verdict.FAIL), (None, Verdict.UNKNOWN)])
def test_the_brokers_minimum_counts_only_without_eligible_leader_replicas(level: int | None, verdict: Verdict) -> None:
    assert verdicts(CHECK, eligible(low(healthy(), "min.insync.replicas"), level))[MINIMUM] is verdict


def test_cannot_see_a_broker_that_told_nothing_unless_another_one_is_low() -> None:
    unseen = edit(healthy(), BrokerConfigs, {"broker": 3}, value=None, seen=None)
    assert set(verdicts(CHECK, unseen).values()) == {Verdict.UNKNOWN}
    assert verdicts(CHECK, low(unseen, "default.replication.factor"))[FACTOR] is Verdict.FAIL


def test_cannot_see_how_many_brokers_there_are() -> None:
    snapshot = low(low(low(healthy(), "default.replication.factor", "2"), "default.replication.factor", "2", 1), "x")
    doubtful = edit(snapshot, Brokers, {"broker": 3}, registered=None)
    assert verdicts(CHECK, doubtful)[FACTOR] is Verdict.UNKNOWN


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, healthy(), low(healthy(), "min.insync.replicas"), eligible(healthy(), 1)) == []
