"""Listeners for clients without TLS."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.testing.cases import breaches, look, verdicts
from kastellan.testing.snapshots import edit, healthy

CHECK = "security.client_listener_unencrypted"
BROKER = Subject("broker", (2,))


def told(snapshot: Snapshot, broker: int = 2, **values: str | None) -> Snapshot:
    """The broker with these settings: names with _ for the dots."""
    for name, value in values.items():
        where = {"broker": broker, "config": name.replace("_", ".")}
        snapshot = edit(snapshot, BrokerConfigs, where, value=value, source="static" if value is not None else "default")
    return snapshot


def plain(protocol: str = "SASL_PLAINTEXT") -> Snapshot:
    return told(healthy(), listener_security_protocol_map=f"CLIENT:{protocol},REPLICATION:SSL,CONTROLLER:SSL")


@pytest.mark.parametrize("protocol", ["SASL_PLAINTEXT", "PLAINTEXT"])
def test_fires_for_the_broker_and_names_the_listener(protocol: str) -> None:
    (found,) = look(CHECK, plain(protocol)).findings
    assert (found.subject, found.severity) == (BROKER, Severity.WARNING)
    assert found.observed == f"clients connect by CLIENT ({protocol})"


def test_fires_for_the_only_listener_though_brokers_use_it_too() -> None:
    one = told(healthy(), listeners="PLAINTEXT://:9092", inter_broker_listener_name=None, listener_security_protocol_map="")
    (found,) = look(CHECK, one).findings
    assert found.observed == "clients connect by PLAINTEXT"


def test_does_not_fire_for_tls_nor_for_the_listener_between_brokers() -> None:
    between = told(healthy(), listener_security_protocol_map="CLIENT:SASL_SSL,REPLICATION:PLAINTEXT,CONTROLLER:PLAINTEXT")
    assert set(verdicts(CHECK, between).values()) == {Verdict.PASS}


def test_does_not_fire_for_a_listener_that_only_this_machine_reaches() -> None:
    bound = "CLIENT://127.0.0.1:9093,REPLICATION://:9094"
    assert verdicts(CHECK, told(plain(), listeners=bound))[BROKER] is Verdict.PASS


def test_a_single_broker_is_a_remark() -> None:
    one = told(healthy(brokers=1, rf=1), 1, listener_security_protocol_map="CLIENT:PLAINTEXT,REPLICATION:SSL")
    (found,) = look(CHECK, one).findings
    assert found.severity is Severity.INFO


@pytest.mark.parametrize("config", ["listeners", "listener.security.protocol.map", "controller.listener.names"])
def test_cannot_see_settings_that_a_managed_service_hides(config: str) -> None:
    hidden = edit(healthy(), BrokerConfigs, {"broker": 2, "config": config}, value=None, seen=None)
    assert verdicts(CHECK, hidden)[BROKER] is Verdict.UNKNOWN


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, healthy(), plain()) == []
