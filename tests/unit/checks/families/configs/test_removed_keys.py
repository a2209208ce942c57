"""Configs that the release does not know any more."""

from __future__ import annotations

import random

import pytest

from kastellan.checks.catalogue import registered_check
from kastellan.checks.evaluate import evaluate_one, subjects_of
from kastellan.checks.families.configs import removed_keys
from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.broker_features import BrokerFeatures
from kastellan.reference.reference_data import packaged_releases
from kastellan.testing.missing_data_kit import broken_by
from kastellan.testing.snapshots import edit, healthy
from kastellan.views.catalogue import all_views

JUDGEMENT = registered_check(removed_keys)
KEY = "log.message.timestamp.difference.max.ms"
SUBJECT = Subject("broker_config", (KEY,))


def left_behind(broker: int = 2) -> Snapshot:
    """What a broker of 4.x answers for a key that stands in its properties and that it does not know."""
    where = {"broker": broker, "config": KEY}
    return edit(healthy(), BrokerConfigs, where, value=None, source="static", seen=None, sensitive=True)


def test_fires_for_the_key_with_what_takes_its_place() -> None:
    (found,) = evaluate_one(JUDGEMENT, left_behind(), all_views(packaged_releases())).findings
    assert (found.subject, found.severity) == (SUBJECT, Severity.INFO)
    assert found.observed == "set on 1 of 3 brokers (2); Kafka 4.0 and newer do not know it"
    assert "log.message.timestamp.before.max.ms" in found.expected


def test_does_not_fire_where_the_release_still_knows_it() -> None:
    old = edit(left_behind(), BrokerFeatures, {}, supported_max=21)
    assert subjects_of(JUDGEMENT, old, all_views(packaged_releases()))[SUBJECT] is Verdict.PASS


def test_does_not_fire_for_what_nobody_set() -> None:
    assert set(evaluate_one(JUDGEMENT, healthy(), all_views(packaged_releases())).counts) == {Verdict.PASS}
    default = edit(healthy(), BrokerConfigs, {"config": KEY}, value="1", source="default")
    assert subjects_of(JUDGEMENT, default, all_views(packaged_releases()))[SUBJECT] is Verdict.PASS


def test_cannot_see_a_broker_that_told_no_configs() -> None:
    silent = edit(healthy(), BrokerConfigs, {"broker": 3}, value=None, source=None, seen=None)
    assert set(evaluate_one(JUDGEMENT, silent, all_views(packaged_releases())).counts) == {Verdict.UNKNOWN}


def test_an_unknown_release_leaves_only_what_is_set_in_doubt() -> None:
    seen = subjects_of(JUDGEMENT, edit(left_behind(), BrokerFeatures, {}, supported_max=None), all_views(packaged_releases()))
    assert seen.pop(SUBJECT) is Verdict.UNKNOWN
    assert set(seen.values()) == {Verdict.PASS}


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    for snapshot in (healthy(), left_behind()):
        assert broken_by(JUDGEMENT, snapshot, all_views(packaged_releases()), random.Random(7)) == []
