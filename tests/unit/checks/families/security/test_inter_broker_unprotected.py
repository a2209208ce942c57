"""Brokers that talk in the open."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.testing.cases import breaches, look, verdicts
from kastellan.testing.snapshots import edit, healthy

CHECK = "security.inter_broker_unprotected"
BROKER = Subject("broker", (2,))


def told(config: str, value: str | None, snapshot: Snapshot | None = None) -> Snapshot:
    source = "static" if value is not None else "default"
    return edit(snapshot or healthy(), BrokerConfigs, {"broker": 2, "config": config}, value=value, source=source)


def plain(protocol: str = "PLAINTEXT") -> Snapshot:
    return told("listener.security.protocol.map", f"CLIENT:SASL_SSL,REPLICATION:{protocol},CONTROLLER:SSL")


@pytest.mark.parametrize(("protocol", "act"), [("PLAINTEXT", True), ("SASL_PLAINTEXT", False)])
def test_fires_for_the_broker(protocol: str, act: object) -> None:
    (found,) = look(CHECK, plain(protocol)).findings
    assert (found.subject, found.severity) == (BROKER, Severity.WARNING)
    assert found.observed == f"between brokers by REPLICATION ({protocol})"
    assert ("may act as a broker" in str(found.facts["also"])) is act


def test_fires_where_the_protocol_alone_names_the_listener() -> None:
    unnamed = told("inter.broker.listener.name", None, told("listeners", "PLAINTEXT://:9092,SSL://:9093"))
    assert verdicts(CHECK, unnamed)[BROKER] is Verdict.FAIL


def test_does_not_fire_for_tls_nor_on_loopback() -> None:
    assert set(verdicts(CHECK, healthy()).values()) == {Verdict.PASS}
    assert verdicts(CHECK, told("listeners", "CLIENT://:9093,REPLICATION://localhost:9094", plain()))[BROKER] is Verdict.PASS


def test_a_single_broker_has_nobody_to_talk_to() -> None:
    assert set(verdicts(CHECK, healthy(brokers=1, rf=1)).values()) == {Verdict.NOT_APPLICABLE}


@pytest.mark.parametrize("config", ["listeners", "listener.security.protocol.map", "inter.broker.listener.name"])
def test_cannot_see_settings_that_were_not_told(config: str) -> None:
    hidden = edit(healthy(), BrokerConfigs, {"broker": 2, "config": config}, value=None, seen=None)
    assert verdicts(CHECK, hidden)[BROKER] is Verdict.UNKNOWN


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, healthy(), plain()) == []
