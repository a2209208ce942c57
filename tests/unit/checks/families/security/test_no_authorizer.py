"""Brokers that ask nobody for rights."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.testing.cases import breaches, look, verdicts
from kastellan.testing.snapshots import edit, healthy

CHECK = "security.no_authorizer"


def without(snapshot: Snapshot, broker: int = 2) -> Snapshot:
    return edit(snapshot, BrokerConfigs, {"broker": broker, "config": "authorizer.class.name"}, value="")


def test_fires_for_the_broker() -> None:
    (found,) = look(CHECK, without(healthy())).findings
    assert (found.subject, found.severity) == (Subject("broker", (2,)), Severity.WARNING)
    assert found.observed == "authorizer.class.name is empty"


def test_does_not_fire_with_one() -> None:
    assert set(verdicts(CHECK, healthy()).values()) == {Verdict.PASS}


def test_is_a_remark_for_one_broker_and_on_loopback() -> None:
    (alone,) = look(CHECK, without(healthy(brokers=1, rf=1), 1)).findings
    local = "CLIENT://127.0.0.1:9093,REPLICATION://127.0.0.1:9094"
    (at_home,) = look(CHECK, without(edit(healthy(), BrokerConfigs, {"config": "listeners"}, value=local))).findings
    assert {alone.severity, at_home.severity} == {Severity.INFO}


def test_cannot_see_a_setting_that_a_managed_service_hides() -> None:
    hidden = edit(healthy(), BrokerConfigs, {"broker": 2}, value=None, seen=None, source=None)
    assert verdicts(CHECK, hidden)[Subject("broker", (2,))] is Verdict.UNKNOWN


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, healthy(), without(healthy())) == []
