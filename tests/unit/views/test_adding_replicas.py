from __future__ import annotations

import random
from typing import Any

import pytest

from kastellan.engine.needs import Need
from kastellan.engine.resolver import Resolver
from kastellan.model.snapshot import Snapshot
from kastellan.model.table import Unseen
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.reassignments import Reassignments
from kastellan.model.tables.replica_sizes import ReplicaSizes
from kastellan.model.tables.replicas import Replicas
from kastellan.testing.missing_data_kit import leaks_of
from kastellan.testing.snapshots import add, edit, failed_answer, healthy, rebuilt
from kastellan.views.adding_replicas import AddingReplicas
from kastellan.views.catalogue import all_views

MOVE = {"topic": "orders", "partition": 1, "broker": 2}


def rows(snapshot: Snapshot) -> list[dict[str, Any]]:
    view = Resolver(snapshot, all_views()).get(Need("adding", AddingReplicas))
    assert isinstance(view, AddingReplicas)
    return view.df.drop("answer").to_dicts()


def moving() -> Snapshot:
    snapshot = add(edit(healthy(), Replicas, MOVE, in_sync=False), Reassignments, {**MOVE, "adding": True})
    return edit(snapshot, ReplicaSizes, MOVE, size_bytes=77)


def test_only_replicas_that_come_have_a_row() -> None:
    assert rows(healthy()) == []
    assert rows(moving()) == [{**MOVE, "adding": True, "in_sync": False, "size_bytes": 77, "away": False}]
    assert rows(add(healthy(), Reassignments, {**MOVE, "adding": False})) == []


def test_a_broker_that_is_gone_is_told() -> None:
    gone = edit(moving(), Brokers, {"broker": 2}, fenced=True)
    assert [each["away"] for each in rows(gone)] == [True]


def test_without_the_list_every_replica_may_be_one() -> None:
    snapshot, answer = failed_answer(healthy())
    snapshot = snapshot.with_table(rebuilt(Reassignments, Reassignments.empty().df, (Unseen(answer, "topic"),)))
    assert {each["adding"] for each in rows(snapshot)} == {None}
    assert len(rows(snapshot)) == len(snapshot.tables["replicas"].df)


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert leaks_of(AddingReplicas, moving(), all_views(), random.Random(7), rounds=4) == []
