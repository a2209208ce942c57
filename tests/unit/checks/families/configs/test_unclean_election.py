"""Replicas that are behind and may become leader."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.testing.cases import breaches, look, verdicts
from kastellan.testing.snapshots import edit, healthy

CHECK = "configs.unclean_election"
ORDERS, PAYMENTS = Subject("topic", ("orders",)), Subject("topic", ("payments",))


def unclean(snapshot: Snapshot, value: str | None = "true", source: str | None = "topic") -> Snapshot:
    where = {"topic": "orders", "config": "unclean.leader.election.enable"}
    return edit(snapshot, TopicConfigs, where, value=value, source=source)


def test_fires_as_a_warning_where_the_topic_says_so_itself() -> None:
    (found,) = look(CHECK, unclean(healthy())).findings
    assert (found.subject, found.severity) == (ORDERS, Severity.WARNING)
    assert found.observed == "unclean.leader.election.enable=true, set on the topic"


def test_fires_as_a_remark_where_it_comes_from_the_brokers() -> None:
    (found,) = look(CHECK, unclean(healthy(), source="static")).findings
    assert (found.severity, found.observed) == (Severity.INFO, "unclean.leader.election.enable=true, by the brokers' setting")


def test_does_not_fire_where_it_is_off() -> None:
    assert verdicts(CHECK, healthy()) == {ORDERS: Verdict.PASS, PAYMENTS: Verdict.PASS}


def test_a_topic_with_one_replica_has_nobody_else_to_elect() -> None:
    assert verdicts(CHECK, unclean(healthy(rf=1)))[ORDERS] is Verdict.NOT_APPLICABLE


def test_cannot_see_a_topic_whose_configs_were_not_told() -> None:
    seen = verdicts(CHECK, unclean(healthy(), None, None))
    assert seen == {ORDERS: Verdict.UNKNOWN, PAYMENTS: Verdict.PASS}


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, healthy(), unclean(healthy())) == []
