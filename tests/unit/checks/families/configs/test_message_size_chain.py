"""Batches that brokers cannot carry."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.testing.cases import breaches, look, verdicts
from kastellan.testing.snapshots import edit, healthy

CHECK = "configs.message_size_chain"
ORDERS = Subject("topic", ("orders",))
MIB = 1024**2


def with_limit(size: int | None) -> Snapshot:
    value = None if size is None else str(size)
    return edit(healthy(), TopicConfigs, {"topic": "orders", "config": "max.message.bytes"}, value=value)


def test_fires_where_a_request_so_large_is_cut_off() -> None:
    (found,) = look(CHECK, with_limit(200 * MIB)).findings
    assert (found.subject, found.severity) == (ORDERS, Severity.WARNING)
    assert found.observed == "max.message.bytes 200 MiB; socket.request.max.bytes of a broker is 100 MiB"


def test_fires_as_a_remark_where_a_batch_takes_a_whole_fetch() -> None:
    (found,) = look(CHECK, with_limit(20 * MIB)).findings
    assert (found.severity, found.facts["link"]) == (Severity.INFO, "replica.fetch.response.max.bytes")


def test_fires_for_the_narrowest_broker() -> None:
    narrow = edit(healthy(), BrokerConfigs, {"broker": 3, "config": "socket.request.max.bytes"}, value=str(MIB // 2))
    assert {each.subject for each in look(CHECK, narrow).findings} == {ORDERS, Subject("topic", ("payments",))}


def test_does_not_fire_for_a_limit_that_fits() -> None:
    assert verdicts(CHECK, with_limit(10 * MIB))[ORDERS] is Verdict.PASS


def test_cannot_see_a_limit_that_was_not_told() -> None:
    assert verdicts(CHECK, with_limit(None))[ORDERS] is Verdict.UNKNOWN
    unseen = edit(with_limit(200 * MIB), BrokerConfigs, {"broker": 3}, value=None, seen=None)
    assert verdicts(CHECK, unseen) == {ORDERS: Verdict.FAIL, Subject("topic", ("payments",)): Verdict.UNKNOWN}


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, healthy(), with_limit(200 * MIB), with_limit(20 * MIB)) == []
