"""Resources without an ACL."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.testing.cases import breaches, look, verdicts
from kastellan.testing.snapshots import edit, healthy

CHECK = "security.allow_everyone_if_no_acl"
BROKER = Subject("broker", (2,))
WHERE = {"broker": 2, "config": "allow.everyone.if.no.acl.found"}


def allowing() -> Snapshot:
    return edit(healthy(), BrokerConfigs, WHERE, value="true")


def test_fires_where_it_is_readable_and_true() -> None:
    (found,) = look(CHECK, allowing()).findings
    assert (found.subject, found.severity) == (BROKER, Severity.WARNING)
    assert found.observed == "allow.everyone.if.no.acl.found=true"


def test_does_not_fire_where_it_is_false_or_not_set() -> None:
    assert set(verdicts(CHECK, healthy()).values()) == {Verdict.PASS}
    assert verdicts(CHECK, edit(healthy(), BrokerConfigs, WHERE, value=None, source=None))[BROKER] is Verdict.PASS


def test_cannot_see_a_value_that_kafka_keeps_secret_and_says_where_to_look() -> None:
    hidden = edit(healthy(), BrokerConfigs, WHERE, value=None, seen=None, sensitive=True)
    (doubt,) = look(CHECK, hidden).unknown
    assert doubt.examples == (BROKER,)
    assert doubt.reason.endswith("Kafka does not return its value; look into the broker's properties")


def test_cannot_see_a_broker_that_told_nothing() -> None:
    silent = edit(healthy(), BrokerConfigs, {"broker": 2}, value=None, seen=None, source=None)
    assert verdicts(CHECK, silent)[BROKER] is Verdict.UNKNOWN


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, healthy(), allowing()) == []
