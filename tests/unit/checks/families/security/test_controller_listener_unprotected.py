"""Controllers that are reached in the open."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.testing.cases import breaches, look, verdicts
from kastellan.testing.snapshots import edit, healthy

CHECK = "security.controller_listener_unprotected"
BROKER = Subject("broker", (2,))
AWAY = "10.0.0.1:9101,10.0.0.2:9101,10.0.0.3:9101"


def told(snapshot: Snapshot, config: str, value: str | None) -> Snapshot:
    source = "static" if value is not None else None
    return edit(snapshot, BrokerConfigs, {"broker": 2, "config": config}, value=value, source=source)


def plain() -> Snapshot:
    snapshot = told(healthy(), "listener.security.protocol.map", "CLIENT:SASL_SSL,REPLICATION:SSL,CONTROLLER:PLAINTEXT")
    return told(snapshot, "controller.quorum.bootstrap.servers", AWAY)


def test_fires_for_the_broker_and_names_the_listener() -> None:
    (found,) = look(CHECK, plain()).findings
    assert (found.subject, found.severity) == (BROKER, Severity.WARNING)
    assert found.observed == "controllers are reached by CONTROLLER (PLAINTEXT)"


def test_fires_for_a_static_quorum_too() -> None:
    static = told(told(plain(), "controller.quorum.bootstrap.servers", ""), "controller.quorum.voters", "101@c1:9101,102@c2:9101")
    assert verdicts(CHECK, static)[BROKER] is Verdict.FAIL


def test_does_not_fire_for_tls_nor_where_all_controllers_are_on_loopback() -> None:
    assert set(verdicts(CHECK, healthy()).values()) == {Verdict.PASS}
    assert verdicts(CHECK, told(plain(), "controller.quorum.bootstrap.servers", "127.0.0.1:9101"))[BROKER] is Verdict.PASS


def test_a_broker_under_zookeeper_has_no_such_listener() -> None:
    assert verdicts(CHECK, told(plain(), "controller.listener.names", None))[BROKER] is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize("config", ["listener.security.protocol.map", "controller.listener.names", "controller.quorum.voters"])
def test_cannot_see_settings_that_were_not_told(config: str) -> None:
    hidden = edit(plain(), BrokerConfigs, {"broker": 2, "config": config}, value=None, seen=None)
    assert verdicts(CHECK, hidden)[BROKER] is Verdict.UNKNOWN


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, healthy(), plain()) == []
