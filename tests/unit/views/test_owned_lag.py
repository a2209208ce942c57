"""Lag with owners."""

from __future__ import annotations

import random

import pytest

from kastellan.engine.needs import Need
from kastellan.engine.resolver import Resolver
from kastellan.model.snapshot import Snapshot
from kastellan.model.tables.assignments import Assignments
from kastellan.model.tables.commits import Commits
from kastellan.model.tables.offsets import Offsets
from kastellan.testing.missing_data_kit import leaks_of
from kastellan.testing.snapshots import add, drop, edit, failed_answer, healthy, hide
from kastellan.views.catalogue import all_views
from kastellan.views.owned_lag import OwnedLag

GROUPS = {"billing": "orders", "audit": "payments"}


def rows(snapshot: Snapshot) -> dict[tuple[object, ...], dict[str, object]]:
    view = Resolver(snapshot, all_views()).get(Need("lag", OwnedLag))
    assert isinstance(view, OwnedLag)
    return {(each["group"], each["partition"]): each for each in view.df.iter_rows(named=True)}


def test_an_owner_comes_with_its_client() -> None:
    row = rows(healthy())["billing", 1]
    assert (row["assigned"], row["member"], row["client_id"], row["client_host"]) == (True, "billing-1", "billing", "/127.0.0.1")


def test_a_partition_without_an_owner_is_known_to_have_none() -> None:
    row = rows(drop(healthy(), Assignments, {"group": "billing", "partition": 1}))["billing", 1]
    assert (row["assigned"], row["member"]) == (False, None)


def test_an_unread_assignment_of_one_group_says_nothing_about_it_alone() -> None:
    snapshot, answer = failed_answer(drop(healthy(groups=GROUPS), Assignments, {}))
    seen = rows(add(snapshot, Assignments, {"group": "billing", "answer": answer}))
    assert {each["assigned"] for (group, _), each in seen.items() if group == "billing"} == {None}
    assert {each["assigned"] for (group, _), each in seen.items() if group == "audit"} == {False}


def test_an_assignment_that_is_not_readable_may_hide_an_owner() -> None:
    snapshot = add(drop(healthy(), Assignments, {"partition": 1}), Assignments, {"group": "billing", "member": "billing-1"})
    assert rows(snapshot)["billing", 1]["assigned"] is None
    assert rows(snapshot)["billing", 0]["assigned"] is True


def test_groups_that_could_not_be_listed_may_own_anything() -> None:
    seen = rows(hide(drop(healthy(), Assignments, {}), "group", "no-such-group"))
    assert {each["assigned"] for each in seen.values()} == {None}


def test_a_placeholder_of_the_commits_has_no_known_owner() -> None:
    snapshot = add(drop(healthy(), Commits, {}), Commits, {"group": "billing"})
    assert [each["assigned"] for each in rows(snapshot).values()] == [None]


def test_two_owners_do_not_multiply_the_lag() -> None:
    snapshot = add(healthy(), Assignments, {"group": "billing", "member": "billing-1", "topic": "orders", "partition": 0})
    view = Resolver(snapshot, all_views()).get(Need("lag", OwnedLag))
    assert isinstance(view, OwnedLag)
    assert view.df.height == 3


def test_an_owned_partition_without_a_commit_has_a_row_and_what_a_reset_would_do() -> None:
    snapshot = edit(drop(healthy(), Commits, {"partition": 2}), Offsets, {"topic": "orders"}, earliest=400)
    row = rows(snapshot)["billing", 2]
    assert (row["begun"], row["committed"], row["lag_records"], row["reset_records"]) == (False, None, None, 600)
    assert (row["assigned"], row["member"]) == (True, "billing-0")


def test_a_group_whose_commits_were_not_read_is_not_said_to_have_none() -> None:
    snapshot, answer = failed_answer(drop(healthy(), Commits, {"group": "billing"}))
    snapshot = add(snapshot, Commits, {"group": "billing", "answer": answer})
    assert [(row["partition"], row["begun"]) for row in rows(snapshot).values()] == [(None, None)]


@pytest.mark.law
def test_tells_nothing_that_it_did_not_see() -> None:
    snapshot = drop(healthy(groups=GROUPS), Assignments, {"group": "billing", "partition": 1})
    assert leaks_of(OwnedLag, snapshot, all_views(), random.Random(7)) == []
