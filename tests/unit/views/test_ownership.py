from __future__ import annotations

import random
from typing import Any

import pytest

from kastellan.engine.needs import Need
from kastellan.engine.resolver import Resolver
from kastellan.model.snapshot import Snapshot
from kastellan.model.tables.assignments import Assignments
from kastellan.model.tables.partitions import Partitions
from kastellan.testing.missing_data_kit import leaks_of
from kastellan.testing.snapshots import add, drop, failed_answer, healthy
from kastellan.views.catalogue import all_views
from kastellan.views.ownership import Ownership


def row(snapshot: Snapshot) -> dict[str, Any]:
    view = Resolver(snapshot, all_views()).get(Need("ownership", Ownership))
    assert isinstance(view, Ownership)
    return view.df.to_dicts()[0]


def test_counts_what_nobody_owns_of_the_topics_that_are_read() -> None:
    whole = row(healthy())
    assert (whole["owned"], whole["unowned"]) == (3, 0)
    part = row(drop(healthy(), Assignments, {"partition": 1}))
    assert (part["owned"], part["unowned"], part["worst_topic"], part["worst_unowned"]) == (2, 1, "orders", 1)


def test_a_group_that_owns_nothing_leaves_nothing_out() -> None:
    nothing = row(drop(healthy(), Assignments, {"group": "billing"}))
    assert (nothing["owned"], nothing["unowned"]) == (0, 0)


def test_an_unread_assignment_and_an_unseen_topic_are_null() -> None:
    snapshot, answer = failed_answer(drop(healthy(), Assignments, {"group": "billing"}))
    unread = row(add(snapshot, Assignments, {"group": "billing", "answer": answer}))
    assert (unread["owned"], unread["unowned"], unread["answer"]) == (None, None, answer)
    gone = row(drop(healthy(), Partitions, {"topic": "orders"}))
    assert (gone["owned"], gone["unowned"]) == (3, None)


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    for snapshot in (healthy(), drop(healthy(), Assignments, {"partition": 1})):
        assert leaks_of(Ownership, snapshot, all_views(), random.Random(7), rounds=4) == []
