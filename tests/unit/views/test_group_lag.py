"""Lag of whole groups."""

from __future__ import annotations

import random

import pytest

from kastellan.engine.needs import Need
from kastellan.engine.resolver import Resolver
from kastellan.model.snapshot import Snapshot
from kastellan.model.tables.commits import Commits
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.offsets import Offsets
from kastellan.model.tables.share_offsets import ShareOffsets
from kastellan.testing.missing_data_kit import leaks_of
from kastellan.testing.snapshots import add, drop, edit, failed_answer, healthy, hide
from kastellan.views.catalogue import all_views
from kastellan.views.group_lag import GroupLag

GROUPS = {"billing": "orders", "audit": "payments", "idle": "no-such-topic"}


def behind() -> Snapshot:
    """billing lags by 100, 200 and 0; audit by nothing; idle has no commit."""
    snapshot = edit(healthy(groups=GROUPS), Commits, {"group": "billing", "partition": 0}, committed=900)
    return edit(snapshot, Commits, {"group": "billing", "partition": 1}, committed=800)


def view(snapshot: Snapshot) -> GroupLag:
    made = Resolver(snapshot, all_views()).get(Need("view", GroupLag))
    assert isinstance(made, GroupLag)
    return made


def of_group(group: str, snapshot: Snapshot) -> tuple[object, ...]:
    (row,) = (each for each in view(snapshot).df.iter_rows(named=True) if each["group"] == group)
    columns = ("partitions", "lag_records", "lag_records_known", "worst_lag_records_known", "partitions_unknown")
    return tuple(row[each] for each in columns)


def test_sums_of_groups_that_were_seen_whole() -> None:
    assert of_group("billing", behind()) == (3, 300, 300, 200, 0)
    assert of_group("audit", behind()) == (3, 0, 0, 0, 0)
    # Without a commit there is no lag: 0 would read as healthy.
    assert of_group("idle", behind()) == (0, None, None, None, 0)


def test_an_unseen_end_makes_the_sum_a_lower_bound() -> None:
    snapshot = edit(behind(), Offsets, {"topic": "orders", "partition": 1}, latest=None)
    assert of_group("billing", snapshot) == (3, None, 100, 100, 1)
    snapshot = edit(behind(), Offsets, {"topic": "orders"}, latest=None)
    assert of_group("billing", snapshot) == (3, None, None, None, 3)


def test_commits_that_could_not_be_read_leave_nothing_known() -> None:
    snapshot, answer = failed_answer(drop(behind(), Commits, {"group": "billing"}))
    snapshot = add(snapshot, Commits, {"group": "billing", "answer": answer})
    assert of_group("billing", snapshot) == (None, None, None, None, None)
    assert of_group("audit", snapshot) == (3, 0, 0, 0, 0)
    (row,) = (each for each in view(snapshot).df.iter_rows(named=True) if each["group"] == "billing")
    assert row["answer"] == answer


def test_without_a_whole_list_a_group_without_commits_is_not_known_to_have_none() -> None:
    assert of_group("idle", hide(behind(), "group", "audit")) == (None, None, None, None, None)


def test_owned_partitions_without_a_commit_are_in_no_sum() -> None:
    snapshot = drop(behind(), Commits, {"group": "billing", "partition": 2})
    assert of_group("billing", snapshot) == (2, None, 300, 200, 0)
    (row,) = (row for row in view(snapshot).df.iter_rows(named=True) if row["group"] == "billing")
    assert (row["partitions_no_commit"], row["worst_state_known"]) == (1, "no commit")


def test_the_worst_state_is_that_of_a_group_ahead_of_the_log() -> None:
    snapshot = edit(behind(), Commits, {"group": "billing", "partition": 2}, committed=1005)
    (row,) = (row for row in view(snapshot).df.iter_rows(named=True) if row["group"] == "billing")
    assert (row["worst_state_known"], row["states_unknown"]) == ("ahead of the log", 2)


def test_a_share_group_is_never_at_lag_0_because_it_has_no_commits() -> None:
    group = {"group": "s", "type": "share", "state": "Stable", "members": 1}
    snapshot = add(healthy(), Groups, group)
    assert of_group("s", snapshot) == (None, None, None, None, None)
    row = {"group": "s", "topic": "orders", "partition": 0, "start_offset": 700, "lag_records": 120, "error": ""}
    assert of_group("s", add(snapshot, ShareOffsets, row)) == (1, 120, 120, 120, 0)


@pytest.mark.law
def test_tells_nothing_that_it_did_not_see() -> None:
    for snapshot in (behind(), drop(behind(), Commits, {"group": "billing", "partition": 2})):
        assert leaks_of(GroupLag, snapshot, all_views(), random.Random(5)) == []
