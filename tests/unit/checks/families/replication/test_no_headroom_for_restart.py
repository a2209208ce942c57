"""A broker whose restart would stop writes."""

from __future__ import annotations

import random

import pytest

from kastellan.checks.catalogue import registered_check
from kastellan.checks.evaluate import evaluate_one, subjects_of
from kastellan.checks.families.replication import no_headroom_for_restart
from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.replicas import Replicas
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.testing.cases import look_with_explanations
from kastellan.testing.missing_data_kit import broken_by
from kastellan.testing.snapshots import edit, healthy
from kastellan.views.catalogue import all_views

JUDGEMENT = registered_check(no_headroom_for_restart)
ONE = {"topic": "orders", "partition": 1}
BROKERS = {number: Subject("broker", (number,)) for number in (1, 2, 3)}


def lost() -> Snapshot:
    """The replica of orders-1 on broker 2 does not follow."""
    return edit(healthy(), Replicas, {**ONE, "broker": 2}, in_sync=False)


def test_fires_for_the_brokers_that_are_needed_and_not_for_the_one_that_is_missing() -> None:
    result = evaluate_one(JUDGEMENT, lost(), all_views())
    assert {each.subject for each in result.findings} == {BROKERS[1], BROKERS[3]}
    first = result.findings[0]
    assert first.severity is Severity.WARNING
    assert first.observed == "without it acks=all is refused on 1 partition; replicas are missing on 2"


def test_does_not_fire_while_every_partition_has_a_spare() -> None:
    assert evaluate_one(JUDGEMENT, healthy(), all_views()).counts == {Verdict.PASS: 3}
    low = edit(lost(), TopicConfigs, {"config": "min.insync.replicas"}, value="1")
    assert evaluate_one(JUDGEMENT, low, all_views()).counts == {Verdict.PASS: 3}


def test_a_configuration_without_a_spare_is_a_remark() -> None:
    result = evaluate_one(JUDGEMENT, healthy(rf=2), all_views())
    assert {each.severity for each in result.findings} == {Severity.INFO}
    assert result.findings[0].observed.endswith("; min.insync.replicas leaves them no spare even when all is well")


def test_clusters_that_keep_one_copy_are_not_judged() -> None:
    for snapshot in (healthy(rf=1), healthy(brokers=1)):
        assert set(evaluate_one(JUDGEMENT, snapshot, all_views()).counts) == {Verdict.NOT_APPLICABLE}


def test_it_is_told_under_the_broker_that_is_away() -> None:
    away = edit(edit(healthy(), Brokers, {"broker": 2}, fenced=True, listed=False), Replicas, {"broker": 2}, in_sync=False)
    findings = look_with_explanations("replication.no_headroom_for_restart", away).findings
    assert {each.subject for each in findings} == {BROKERS[1], BROKERS[3]}
    for each in findings:
        assert ("brokers.fenced", BROKERS[2]) in each.explained_by


def test_cannot_see_the_limit_or_a_replica_is_unknown() -> None:
    blind = edit(healthy(), TopicConfigs, {"topic": "orders"}, value=None)
    assert set(subjects_of(JUDGEMENT, blind, all_views()).values()) == {Verdict.UNKNOWN}
    # What is seen of other partitions is enough to say that it must not be restarted.
    partly = edit(lost(), TopicConfigs, {"topic": "payments"}, value=None)
    told = subjects_of(JUDGEMENT, partly, all_views())
    assert told == {BROKERS[1]: Verdict.FAIL, BROKERS[2]: Verdict.UNKNOWN, BROKERS[3]: Verdict.FAIL}


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    for snapshot in (lost(), healthy(rf=1)):
        assert broken_by(JUDGEMENT, snapshot, all_views(), random.Random(7), rounds=4) == []
