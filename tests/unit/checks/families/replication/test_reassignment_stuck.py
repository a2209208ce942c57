"""A replica that is being added and does not grow."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.reassignments import Reassignments
from kastellan.model.tables.replica_sizes import ReplicaSizes
from kastellan.model.tables.replicas import Replicas
from kastellan.testing.cases import breaches, look, look_with_explanations
from kastellan.testing.snapshots import AT_MS, add, drop, edit, healthy

CHECK = "replication.reassignment_stuck"
MOVE = {"topic": "orders", "partition": 1, "broker": 2}
ORDERS_1 = Subject("partition", ("orders", 1))


def adding(size_bytes: int | None, at_ms: int = AT_MS) -> Snapshot:
    """A reassignment is adding the replica of orders-1 on broker 2."""
    snapshot = add(edit(healthy(at_ms=at_ms), Replicas, MOVE, in_sync=False), Reassignments, {**MOVE, "adding": True})
    return edit(snapshot, ReplicaSizes, MOVE, size_bytes=size_bytes)


def after(size_bytes: int | None, was_bytes: int | None, s: int = 600) -> Snapshot:
    return adding(size_bytes).after(adding(was_bytes, AT_MS - s * 1000))


def test_fires_where_the_replica_has_not_one_byte_more() -> None:
    (found,) = look(CHECK, after(4096, 4096)).findings
    assert (found.subject, found.severity) == (ORDERS_1, Severity.WARNING)
    assert found.observed == "being added on 2: not in sync and no progress in 10 min"


def test_does_not_fire_where_it_grows_or_nothing_is_added() -> None:
    assert look(CHECK, after(8192, 4096)).counts == {Verdict.NOT_APPLICABLE: 5, Verdict.PASS: 1}
    assert look(CHECK, healthy().after(healthy(at_ms=AT_MS - 600_000))).counts == {Verdict.NOT_APPLICABLE: 6}
    assert look(CHECK, healthy()).counts == {Verdict.NOT_APPLICABLE: 6}


def test_one_that_has_just_begun_is_not_stuck() -> None:
    assert look(CHECK, adding(0).after(healthy(at_ms=AT_MS - 600_000))).counts == {Verdict.NOT_APPLICABLE: 5, Verdict.PASS: 1}
    whole = healthy(at_ms=AT_MS - 600_000)
    before = drop(drop(whole, Replicas, MOVE), ReplicaSizes, MOVE)
    assert look(CHECK, adding(0).after(before)).counts[Verdict.PASS] == 1


def test_cannot_see_without_an_earlier_look_is_unknown_and_asks_for_one() -> None:
    result = look(CHECK, adding(4096))
    assert result.counts == {Verdict.NOT_APPLICABLE: 5, Verdict.UNKNOWN: 1}
    assert result.unknown[0].reason.startswith("needs an earlier look: a reassignment adds a replica; look again in 600 s")


def test_cannot_see_the_size_is_unknown() -> None:
    assert look(CHECK, after(None, 4096)).counts[Verdict.UNKNOWN] == 1


def test_it_is_told_under_the_broker_that_is_away() -> None:
    gone = {"fenced": True, "listed": False}
    before = edit(adding(None, AT_MS - 600_000), Brokers, {"broker": 2}, **gone)
    away = edit(adding(None), Brokers, {"broker": 2}, **gone).after(before)
    found = look_with_explanations(CHECK, away).findings
    assert [each.explained_by for each in found] == [(("brokers.fenced", Subject("broker", (2,))),)]


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, after(4096, 4096)) == []
