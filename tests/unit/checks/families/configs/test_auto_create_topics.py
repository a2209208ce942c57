"""Topics that come into being by being asked for."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.testing.cases import breaches, look
from kastellan.testing.snapshots import edit, healthy

CHECK = "configs.auto_create_topics"
KEY = "auto.create.topics.enable"


def switched_on(snapshot: Snapshot) -> Snapshot:
    return edit(snapshot, BrokerConfigs, {"broker": 1, "config": KEY}, value="true")


def test_fires_as_a_remark_and_names_the_broker() -> None:
    (found,) = look(CHECK, switched_on(healthy())).findings
    assert (found.subject, found.severity) == (Subject("cluster", ()), Severity.INFO)
    assert found.observed == "auto.create.topics.enable=true on broker 1"


def test_does_not_fire_where_it_is_off() -> None:
    assert look(CHECK, healthy()).counts == {Verdict.PASS: 1}


def test_says_nothing_of_a_cluster_for_development() -> None:
    assert look(CHECK, switched_on(healthy(brokers=1, rf=1))).counts == {Verdict.NOT_APPLICABLE: 1}


def test_cannot_see_a_broker_that_told_nothing_unless_another_one_has_it_on() -> None:
    unseen = edit(healthy(), BrokerConfigs, {"broker": 3}, value=None, seen=None)
    assert look(CHECK, unseen).counts == {Verdict.UNKNOWN: 1}
    assert look(CHECK, switched_on(unseen)).findings


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, healthy(), switched_on(healthy())) == []
