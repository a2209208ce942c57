"""Brokers that disagree on a setting."""

from __future__ import annotations

import random

import pytest

from kastellan.checks.catalogue import registered_check
from kastellan.checks.evaluate import evaluate_one, subjects_of
from kastellan.checks.families.configs import broker_drift
from kastellan.engine.requests import keys_of, requests_of
from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.testing.missing_data_kit import broken_by
from kastellan.testing.snapshots import BROKER_DEFAULTS, drop, edit, healthy, hide
from kastellan.views.catalogue import all_views

JUDGEMENT = registered_check(broker_drift)
MIN_ISR = Subject("broker_config", ("min.insync.replicas",))


def drifted(config: str = "min.insync.replicas", value: str | None = "1") -> Snapshot:
    return edit(healthy(), BrokerConfigs, {"broker": 2, "config": config}, value=value)


def verdicts(snapshot: Snapshot) -> dict[Subject, Verdict]:
    return subjects_of(JUDGEMENT, snapshot, all_views())


def test_fires_for_the_setting_and_names_who_has_what() -> None:
    result = evaluate_one(JUDGEMENT, drifted(), all_views())
    (finding,) = result.findings
    assert finding.subject == MIN_ISR
    assert finding.severity is Severity.WARNING
    assert finding.observed == "2 on 1, 3; 1 on 2"
    assert result.counts == {Verdict.PASS: len(broker_drift.MUST_AGREE) - 1, Verdict.FAIL: 1}


def test_a_setting_of_little_weight_is_a_remark() -> None:
    (finding,) = evaluate_one(JUDGEMENT, drifted("compression.type", "zstd"), all_views()).findings
    assert finding.severity is Severity.INFO


def test_an_empty_value_is_a_value() -> None:
    (finding,) = evaluate_one(JUDGEMENT, drifted("authorizer.class.name", ""), all_views()).findings
    assert finding.observed == "org.apache.kafka.metadata.authorizer.StandardAuthorizer on 1, 3; (empty) on 2"


def test_does_not_fire_the_order_of_a_list_is_no_difference() -> None:
    snapshot = edit(healthy(), BrokerConfigs, {"config": "sasl.enabled.mechanisms"}, value="PLAIN,SCRAM-SHA-512")
    snapshot = edit(snapshot, BrokerConfigs, {"config": "sasl.enabled.mechanisms", "broker": 3}, value="SCRAM-SHA-512, PLAIN")
    assert set(verdicts(snapshot).values()) == {Verdict.PASS}


def test_a_setting_outside_the_list_is_not_compared() -> None:
    assert "log.retention.ms" not in broker_drift.MUST_AGREE
    assert set(verdicts(drifted("log.retention.ms", "1")).values()) == {Verdict.PASS}


def test_cannot_see_a_value_that_was_not_seen_is_unknown_unless_the_others_differ() -> None:
    unseen = edit(healthy(), BrokerConfigs, {"broker": 3}, value=None, seen=None, source=None)
    assert set(verdicts(unseen).values()) == {Verdict.UNKNOWN}
    both = edit(drifted(), BrokerConfigs, {"broker": 3}, value=None, seen=None, source=None)
    assert verdicts(both)[MIN_ISR] is Verdict.FAIL


def test_a_broker_that_nobody_could_list_is_unknown_and_acquits_nobody() -> None:
    seen = verdicts(hide(drifted(), "broker", 3))
    assert seen.pop(MIN_ISR) is Verdict.FAIL
    assert set(seen.values()) == {Verdict.UNKNOWN}


def test_a_version_without_the_setting_has_no_part() -> None:
    snapshot = edit(healthy(), BrokerConfigs, {"broker": 1, "config": "log.cleanup.policy"}, value=None, source=None)
    assert set(verdicts(snapshot).values()) == {Verdict.PASS}


def test_a_setting_that_was_not_collected_stays_as_unknown() -> None:
    assert verdicts(drop(healthy(), BrokerConfigs, {"config": "min.insync.replicas"}))[MIN_ISR] is Verdict.UNKNOWN


def test_asks_for_its_keys_and_the_healthy_cluster_has_them_all() -> None:
    assert keys_of(requests_of([JUDGEMENT.evaluate], all_views()), "broker_configs") == set(broker_drift.MUST_AGREE)
    assert set(broker_drift.MUST_AGREE) <= set(BROKER_DEFAULTS)


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    for snapshot in (healthy(), drifted(), drifted("authorizer.class.name", "org.apache.Standard")):
        assert broken_by(JUDGEMENT, snapshot, all_views(), random.Random(7)) == []
