"""Super users that mean everybody."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.testing.cases import breaches, look
from kastellan.testing.snapshots import edit, healthy

CHECK = "security.super_users"
WHERE = {"broker": 2, "config": "super.users"}


def broad(user: str = "User:ANONYMOUS") -> Snapshot:
    return edit(healthy(), BrokerConfigs, WHERE, value=f"User:kafka;{user}")


@pytest.mark.parametrize("user", ["User:ANONYMOUS", "User:*"])
def test_fires_for_everybody_and_lists_them_all(user: str) -> None:
    (found,) = look(CHECK, broad(user)).findings
    assert (found.subject, found.severity) == (Subject("cluster", ()), Severity.WARNING)
    assert found.observed == f"super.users holds {user}; all of them: {', '.join(sorted((user, 'User:kafka')))}"


def test_does_not_fire_for_named_ones_nor_where_there_are_none() -> None:
    assert look(CHECK, healthy()).counts == {Verdict.PASS: 1}
    assert look(CHECK, edit(healthy(), BrokerConfigs, WHERE, value=None, source=None)).counts == {Verdict.PASS: 1}


def test_cannot_see_what_kafka_keeps_secret_and_says_where_to_look() -> None:
    hidden = edit(healthy(), BrokerConfigs, {"config": "super.users"}, value=None, seen=None, sensitive=True)
    (doubt,) = look(CHECK, hidden).unknown
    assert doubt.reason == "super.users is set, and Kafka does not return the value; look into the brokers' properties"


def test_one_that_is_readable_stays_a_finding_beside_hidden_ones() -> None:
    hidden = edit(broad(), BrokerConfigs, {"broker": 3, "config": "super.users"}, value=None, seen=None)
    assert look(CHECK, hidden).findings


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, healthy(), broad()) == []
