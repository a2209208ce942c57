"""Configs that a later release drops."""

from __future__ import annotations

import random

import pytest

from kastellan.checks.catalogue import registered_check
from kastellan.checks.evaluate import evaluate_one, subjects_of
from kastellan.checks.families.configs import deprecated_keys
from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.broker_features import BrokerFeatures
from kastellan.reference.reference_data import packaged_releases
from kastellan.testing.missing_data_kit import broken_by
from kastellan.testing.snapshots import edit, healthy
from kastellan.views.catalogue import all_views

JUDGEMENT = registered_check(deprecated_keys)


def with_set(config: str, value: str, level: int = 30) -> Snapshot:
    snapshot = edit(healthy(), BrokerFeatures, {}, supported_max=level)
    return edit(snapshot, BrokerConfigs, {"config": config}, value=value, source="static", seen=True)


def test_fires_for_a_deprecated_one() -> None:
    (found,) = evaluate_one(
        JUDGEMENT, with_set("group.coordinator.rebalance.protocols", "classic"), all_views(packaged_releases())
    ).findings
    assert (found.subject, found.severity) == (
        Subject("broker_config", ("group.coordinator.rebalance.protocols",)),
        Severity.INFO,
    )
    assert found.observed == "set on 3 of 3 brokers (1, 2, 3); deprecated since Kafka 4.3 and to be removed in 5.0"


def test_fires_for_one_that_the_next_line_does_not_know() -> None:
    (found,) = evaluate_one(
        JUDGEMENT, with_set("inter.broker.protocol.version", "3.9", 21), all_views(packaged_releases())
    ).findings
    assert found.observed.endswith("Kafka 4.0 does not know it")


def test_does_not_fire_for_a_default_nor_before_it_was_deprecated() -> None:
    snapshot = edit(healthy(), BrokerConfigs, {"config": "log.cleaner.enable"}, value="true", source="default")
    assert set(evaluate_one(JUDGEMENT, snapshot, all_views(packaged_releases())).counts) == {Verdict.PASS}
    assert not evaluate_one(JUDGEMENT, with_set("log.cleaner.enable", "false", 22), all_views(packaged_releases())).findings


def test_does_not_fire_for_what_is_gone_already() -> None:
    assert not evaluate_one(
        JUDGEMENT, with_set("inter.broker.protocol.version", "3.9", 30), all_views(packaged_releases())
    ).findings


def test_cannot_see_a_broker_that_told_no_configs() -> None:
    silent = edit(healthy(), BrokerConfigs, {"broker": 3}, value=None, source=None, seen=None)
    seen = subjects_of(JUDGEMENT, silent, all_views(packaged_releases()))
    assert seen[Subject("broker_config", ("log.cleaner.enable",))] is Verdict.UNKNOWN
    # What its release does not know cannot leave it.
    assert seen[Subject("broker_config", ("zookeeper.connect",))] is Verdict.PASS


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    for snapshot in (healthy(), with_set("log.cleaner.enable", "false")):
        assert broken_by(JUDGEMENT, snapshot, all_views(packaged_releases()), random.Random(7)) == []
