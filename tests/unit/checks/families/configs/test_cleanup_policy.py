"""Tables that delete by age."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.testing.cases import breaches, look, verdicts
from kastellan.testing.snapshots import edit, healthy

CHECK = "configs.cleanup_policy"


def with_policy(topic: str, policy: str | None) -> Snapshot:
    snapshot = healthy(topics={topic: 1}, groups={})
    return edit(snapshot, TopicConfigs, {"topic": topic, "config": "cleanup.policy"}, value=policy)


def verdict(topic: str, policy: str | None) -> Verdict:
    return verdicts(CHECK, with_policy(topic, policy))[Subject("topic", (topic,))]


def test_fires_as_an_error_where_commits_are_deleted() -> None:
    (found,) = look(CHECK, with_policy("__consumer_offsets", "delete")).findings
    assert (found.subject, found.severity) == (Subject("topic", ("__consumer_offsets",)), Severity.ERROR)
    assert (found.observed, found.expected) == ("cleanup.policy=delete", "cleanup.policy=compact alone")


@pytest.mark.parametrize(
    ("topic", "policy"), [("__transaction_state", "compact,delete"), ("_schemas", "delete"), ("app-store-changelog", "delete")]
)
def test_fires_as_a_warning_for_the_others(topic: str, policy: str) -> None:
    (found,) = look(CHECK, with_policy(topic, policy)).findings
    assert found.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("topic", "policy"), [("__consumer_offsets", "compact"), ("app-store-changelog", "compact,delete"), ("_schemas", "")]
)
def test_does_not_fire_where_the_last_value_stays(topic: str, policy: str) -> None:
    assert verdict(topic, policy) is Verdict.PASS


def test_other_topics_are_not_judged() -> None:
    assert verdict("orders", "delete") is Verdict.NOT_APPLICABLE


def test_cannot_see_a_policy_that_was_not_told() -> None:
    assert verdict("__consumer_offsets", None) is Verdict.UNKNOWN


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, with_policy("__consumer_offsets", "delete"), with_policy("_schemas", "compact")) == []
