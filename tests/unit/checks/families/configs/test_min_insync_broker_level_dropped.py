"""The brokers' minimum under eligible leader replicas."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.features import Features
from kastellan.testing.cases import breaches, look
from kastellan.testing.snapshots import add, edit, healthy, hide

CHECK = "configs.min_insync_broker_level_dropped"
KEY = {"config": "min.insync.replicas"}


def eligible(snapshot: Snapshot, level: int | None = 1) -> Snapshot:
    return add(snapshot, Features, {"feature": "eligible.leader.replicas.version", "finalized_level": level})


def dropped(level: int | None = 1, brokers: int = 3) -> Snapshot:
    return edit(eligible(healthy(brokers=brokers), level), BrokerConfigs, KEY, value="1", source="cluster")


def test_fires_where_the_value_that_counts_is_one() -> None:
    (found,) = look(CHECK, dropped()).findings
    assert (found.subject, found.severity) == (Subject("cluster", ()), Severity.INFO)
    assert found.observed == "eligible leader replicas are in force, and min.insync.replicas of the cluster is 1"


def test_does_not_fire_where_it_is_two() -> None:
    assert look(CHECK, eligible(healthy())).counts == {Verdict.PASS: 1}


def test_is_not_asked_without_eligible_leader_replicas_nor_on_two_brokers() -> None:
    assert look(CHECK, dropped(0)).counts == {Verdict.NOT_APPLICABLE: 1}
    assert look(CHECK, edit(healthy(), BrokerConfigs, KEY, value="1")).counts == {Verdict.NOT_APPLICABLE: 1}
    assert look(CHECK, dropped(brokers=2)).counts == {Verdict.NOT_APPLICABLE: 1}


def test_cannot_see_the_value_or_the_feature() -> None:
    assert look(CHECK, edit(eligible(healthy()), BrokerConfigs, KEY, value=None)).counts == {Verdict.UNKNOWN: 1}
    assert look(CHECK, dropped(None)).counts == {Verdict.UNKNOWN: 1}
    assert set(look(CHECK, hide(dropped(), "feature")).counts) == {Verdict.UNKNOWN}


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, healthy(), eligible(healthy()), dropped()) == []
