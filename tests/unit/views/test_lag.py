"""Lag per committed partition."""

from __future__ import annotations

import random

import pytest

from kastellan.engine.needs import Need
from kastellan.engine.resolver import Resolver, unseen_of
from kastellan.model.snapshot import Snapshot
from kastellan.model.tables.commits import Commits
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.offsets import Offsets
from kastellan.model.tables.share_offsets import ShareOffsets
from kastellan.testing.missing_data_kit import leaks_of
from kastellan.testing.snapshots import add, drop, edit, failed_answer, healthy
from kastellan.views.catalogue import all_views
from kastellan.views.lag import Lag

FIRST = {"topic": "orders", "partition": 0}


def view(snapshot: Snapshot) -> Lag:
    found = Resolver(snapshot, all_views()).get(Need("lag", Lag))
    assert isinstance(found, Lag)
    return found


def seen(snapshot: Snapshot, partition: int | None = 0) -> dict[str, object]:
    rows = view(snapshot).df.rows(named=True)
    (row,) = (each for each in rows if each["partition"] == partition)
    return row


@pytest.mark.parametrize(
    ("committed", "earliest", "latest", "lag_records", "deleted", "ahead", "unseen"),
    [
        (700, 0, 1000, 300, 0, 0, None),
        (1000, 0, 1000, 0, 0, 0, None),
        (0, 0, 0, 0, 0, 0, None),
        # Records that are deleted are told apart from records that are left to read.
        (400, 500, 1000, 500, 100, 0, None),
        (1005, 0, 1000, 0, 0, 5, None),
        (None, 0, 1000, None, None, None, "commit"),
        (700, None, None, None, None, None, "end"),
        (400, 500, None, None, 100, None, "end"),
        (700, None, 1000, None, None, 0, "start"),
        (1005, None, 1000, None, None, 5, "start"),
    ],
)
def test_what_is_left_what_is_deleted_and_how_far_ahead(
    committed: int | None,
    earliest: int | None,
    latest: int | None,
    lag_records: int | None,
    deleted: int | None,
    ahead: int | None,
    unseen: str | None,
) -> None:
    snapshot = edit(healthy(), Commits, FIRST, committed=committed)
    row = seen(edit(snapshot, Offsets, FIRST, earliest=earliest, latest=latest))
    assert (row["lag_records"], row["deleted_records"], row["ahead_records"]) == (lag_records, deleted, ahead)
    assert row["unseen"] == unseen


def test_a_partition_that_nobody_lists_keeps_its_commit() -> None:
    row = seen(drop(healthy(), Offsets, FIRST))
    assert (row["committed"], row["lag_records"], row["unseen"]) == (1000, None, "end")


def test_a_group_that_could_not_be_read_keeps_its_placeholder_and_its_answer() -> None:
    snapshot, answer = failed_answer(drop(healthy(), Commits, {"group": "billing"}))
    row = seen(add(snapshot, Commits, {"group": "billing", "answer": answer}), None)
    assert (row["group"], row["lag_records"], row["unseen"], row["answer"]) == ("billing", None, "commit", answer)


def test_the_answer_is_the_one_that_failed() -> None:
    snapshot, answer = failed_answer(healthy())
    assert seen(edit(snapshot, Offsets, FIRST, latest=None, answer=answer))["answer"] == answer
    assert seen(edit(snapshot, Commits, FIRST, committed=None, answer=answer))["answer"] == answer


def test_rows_keep_the_order_and_the_number_of_the_commits() -> None:
    snapshot = healthy(topics={"orders": 40}, groups={"a": "orders", "b": "orders"})
    commits = snapshot.table(Commits)
    assert commits is not None
    assert view(snapshot).df.select(Commits.key).equals(commits.df.select(Commits.key))
    assert unseen_of([view(snapshot)]) == ()


@pytest.mark.law
def test_tells_nothing_that_it_did_not_see() -> None:
    snapshot = edit(edit(healthy(), Commits, FIRST, committed=400), Offsets, FIRST, earliest=500)
    assert leaks_of(Lag, snapshot, all_views(), random.Random(7)) == []


def sharing(**offsets: object) -> Snapshot:
    """The share group s reads orders-0."""
    snapshot = add(healthy(), Groups, {"group": "s", "type": "share", "state": "Stable", "members": 1})
    row = {"group": "s", "topic": "orders", "partition": 0, "start_offset": 700, "lag_records": 120, "error": ""}
    return add(snapshot, ShareOffsets, row | offsets)


def test_a_share_group_has_the_lag_that_its_coordinator_says() -> None:
    (row,) = (row for row in view(sharing()).df.rows(named=True) if row["group"] == "s")
    assert (row["committed"], row["lag_records"], row["begun"]) == (700, 120, True)
    (row,) = (row for row in view(sharing(lag_records=None)).df.rows(named=True) if row["group"] == "s")
    assert (row["committed"], row["lag_records"], row["begun"]) == (700, None, True)


def test_a_share_group_that_has_not_begun_has_no_position() -> None:
    (row,) = (row for row in view(sharing(start_offset=-1, lag_records=None)).df.rows(named=True) if row["group"] == "s")
    assert (row["committed"], row["lag_records"], row["begun"], row["unseen"]) == (None, None, False, None)
