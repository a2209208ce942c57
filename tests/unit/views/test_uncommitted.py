"""Owned partitions without a commit."""

from __future__ import annotations

import random

import pytest

from kastellan.engine.needs import Need
from kastellan.engine.resolver import Resolver
from kastellan.model.snapshot import Snapshot
from kastellan.model.table import Table
from kastellan.model.tables.assignments import Assignments
from kastellan.model.tables.commits import Commits
from kastellan.testing.missing_data_kit import leaks_of
from kastellan.testing.snapshots import add, drop, failed_answer, healthy
from kastellan.views.catalogue import all_views
from kastellan.views.uncommitted import Uncommitted


def rows(snapshot: Snapshot) -> list[tuple[object, ...]]:
    made = Resolver(snapshot, all_views()).get(Need("view", Uncommitted))
    assert isinstance(made, Uncommitted)
    return made.df.rows()


def test_owned_partitions_without_a_commit() -> None:
    snapshot = drop(healthy(), Commits, {"group": "billing", "partition": 2})
    assert [each[:-1] for each in rows(snapshot)] == [("billing", "orders", 2, "billing-0")]
    assert rows(healthy()) == []


@pytest.mark.parametrize("kind", [Commits, Assignments])
def test_a_group_that_could_not_be_read_may_have_such_partitions(kind: type[Table]) -> None:
    snapshot, answer = failed_answer(drop(healthy(), kind, {"group": "billing"}))
    assert rows(add(snapshot, kind, {"group": "billing", "answer": answer})) == [("billing", None, None, None, answer)]


@pytest.mark.law
def test_tells_nothing_that_it_did_not_see() -> None:
    for snapshot in (healthy(), drop(healthy(), Commits, {"group": "billing", "partition": 2})):
        assert leaks_of(Uncommitted, snapshot, all_views(), random.Random(5)) == []
