"""Retentions that nobody meant."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.testing.cases import breaches, look, verdicts
from kastellan.testing.snapshots import edit, healthy

CHECK = "configs.retention_traps"


def with_values(topic: str = "orders", **values: str | None) -> Snapshot:
    """The topic with these values: names with _ for the dots."""
    snapshot = healthy(topics={topic: 1})
    for name, value in values.items():
        snapshot = edit(snapshot, TopicConfigs, {"topic": topic, "config": name.replace("_", ".")}, value=value)
    return snapshot


def verdict(snapshot: Snapshot, topic: str = "orders") -> Verdict:
    return verdicts(CHECK, snapshot)[Subject("topic", (topic,))]


def test_fires_as_a_warning_where_records_live_for_a_second() -> None:
    (found,) = look(CHECK, with_values(retention_ms="1000")).findings
    assert (found.subject, found.severity) == (Subject("topic", ("orders",)), Severity.WARNING)
    assert found.observed == "hardly anything is kept: cleanup.policy=delete, retention.ms=1000, retention.bytes=-1"


@pytest.mark.parametrize("values", [{"retention_ms": "-1"}, {"cleanup_policy": ""}])
def test_fires_as_a_remark_where_nothing_is_ever_deleted(values: dict[str, str]) -> None:
    (found,) = look(CHECK, with_values(**values)).findings
    assert found.severity is Severity.INFO
    assert found.observed.startswith("nothing is ever deleted: ")


def test_does_not_fire_where_the_size_bounds_it_or_keys_are_compacted() -> None:
    assert verdict(with_values(retention_ms="-1", retention_bytes="1000000")) is Verdict.PASS
    assert verdict(with_values(retention_ms="-1", cleanup_policy="compact")) is Verdict.PASS
    assert verdict(with_values(retention_ms="1000", cleanup_policy="compact")) is Verdict.PASS


@pytest.mark.parametrize("topic", ["__share_group_state", "app-store-repartition"])
def test_topics_that_others_empty_are_not_judged(topic: str) -> None:
    assert verdict(with_values(topic, retention_ms="-1"), topic) is Verdict.NOT_APPLICABLE


def test_how_short_is_too_short_can_be_set() -> None:
    assert look(CHECK, with_values(retention_ms="3600000"), least_s=7200).findings


def test_cannot_see_a_value_that_decides() -> None:
    assert verdict(with_values(retention_ms=None)) is Verdict.UNKNOWN
    assert verdict(with_values(retention_ms="-1", retention_bytes=None)) is Verdict.UNKNOWN
    assert verdict(with_values(retention_bytes=None)) is Verdict.PASS


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, healthy(), with_values(retention_ms="1000"), with_values(retention_ms="-1")) == []
