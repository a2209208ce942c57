"""The replication of Kafka's own topics."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.subject import Subject
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.replicas import Replicas
from kastellan.testing.cases import breaches, look, verdicts
from kastellan.testing.snapshots import drop, edit, healthy, hide

CHECK = "configs.internal_topics_rf"
TOPICS = {"orders": 2, "__consumer_offsets": 4}
OFFSETS, ORDERS = Subject("topic", ("__consumer_offsets",)), Subject("topic", ("orders",))


def test_fires_where_a_partition_has_fewer_replicas_than_the_cluster_could_keep() -> None:
    snapshot = drop(healthy(topics=TOPICS), Replicas, {"topic": "__consumer_offsets", "partition": 2, "position": 2})
    (found,) = look(CHECK, snapshot).findings
    assert (found.subject, found.severity) == (OFFSETS, Severity.WARNING)
    assert found.observed == "1 of 4 partitions have fewer than 3 replicas, the fewest 2"


def test_does_not_fire_with_three_nor_with_one_for_each_broker() -> None:
    assert verdicts(CHECK, healthy(topics=TOPICS))[OFFSETS] is Verdict.PASS
    assert verdicts(CHECK, healthy(brokers=2, rf=2, topics=TOPICS))[OFFSETS] is Verdict.PASS
    assert verdicts(CHECK, healthy(brokers=1, rf=1, topics=TOPICS))[OFFSETS] is Verdict.PASS


def test_other_topics_are_not_judged() -> None:
    seen = verdicts(CHECK, healthy(rf=1, topics=TOPICS))
    assert (seen[OFFSETS], seen[ORDERS]) == (Verdict.FAIL, Verdict.NOT_APPLICABLE)


def test_cannot_see_whether_a_third_broker_exists() -> None:
    snapshot = edit(healthy(rf=2, topics=TOPICS), Brokers, {"broker": 3}, registered=None)
    assert verdicts(CHECK, snapshot)[OFFSETS] is Verdict.UNKNOWN
    # An id that only replicas name is no broker to keep copies on.
    assert verdicts(CHECK, edit(snapshot, Brokers, {"broker": 3}, registered=False))[OFFSETS] is Verdict.PASS


def test_a_topic_that_cannot_be_made_is_a_warning_and_not_no_problem() -> None:
    (found,) = (each for each in look(CHECK, healthy(brokers=1, rf=1)).findings if each.subject == OFFSETS)
    assert found.severity is Severity.WARNING
    assert found.observed == (
        "it does not exist yet, and offsets.topic.replication.factor is 3 with 1 registered broker: it cannot be created"
    )
    assert found.expected == "offsets.topic.replication.factor of at most 1"


def test_a_topic_that_is_yet_to_be_made_with_as_many_replicas_as_brokers_is_no_problem() -> None:
    assert verdicts(CHECK, healthy())[OFFSETS] is Verdict.PASS
    few = edit(healthy(brokers=1, rf=1), BrokerConfigs, {"config": "offsets.topic.replication.factor"}, value="1")
    assert verdicts(CHECK, few)[OFFSETS] is Verdict.PASS


def test_whether_a_topic_exists_is_unknown_where_not_all_topics_were_listed() -> None:
    assert verdicts(CHECK, hide(healthy(brokers=1, rf=1), "topic"))[OFFSETS] is Verdict.UNKNOWN
    unread = edit(healthy(brokers=1, rf=1), BrokerConfigs, {"config": "offsets.topic.replication.factor"}, value=None, seen=None)
    assert verdicts(CHECK, unread)[OFFSETS] is not Verdict.PASS


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, healthy(topics=TOPICS), healthy(rf=2, topics=TOPICS), healthy(brokers=1, rf=1)) == []
