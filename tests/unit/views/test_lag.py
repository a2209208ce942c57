"""Lag per committed partition."""

from __future__ import annotations

import random

import pytest

from kastellan.engine.resolver import unseen_of
from kastellan.model.snapshot import Snapshot
from kastellan.model.tables.commits import Commits
from kastellan.model.tables.offsets import Offsets
from kastellan.testing.missing_data_kit import leaks_of
from kastellan.testing.snapshots import add, drop, edit, failed_answer, healthy
from kastellan.views.catalogue import all_views
from kastellan.views.lag import Lag, lag

FIRST = {"topic": "orders", "partition": 0}


def seen(snapshot: Snapshot, partition: int | None = 0) -> dict[str, object]:
    commits, offsets = snapshot.table(Commits), snapshot.table(Offsets)
    assert commits is not None
    assert offsets is not None
    rows = lag(commits, offsets).df.rows(named=True)
    (row,) = (each for each in rows if each["partition"] == partition)
    return row


@pytest.mark.parametrize(
    ("committed", "earliest", "latest", "lag_records", "state", "unseen"),
    [
        (700, 0, 1000, 300, "ok", None),
        (1000, 0, 1000, 0, "ok", None),
        (0, 0, 0, 0, "ok", None),
        (400, 500, 1000, 600, "before-start", None),
        (1005, 0, 1000, 0, "beyond-end", None),
        (None, 0, 1000, None, None, "commit"),
        (700, None, None, None, None, "end"),
        (400, 500, None, None, "before-start", "end"),
        (700, None, 1000, 300, None, "start"),
        (1005, None, 1000, 0, "beyond-end", "start"),
    ],
)
def test_each_state(
    committed: int | None,
    earliest: int | None,
    latest: int | None,
    lag_records: int | None,
    state: str | None,
    unseen: str | None,
) -> None:
    snapshot = edit(healthy(), Commits, FIRST, committed=committed)
    row = seen(edit(snapshot, Offsets, FIRST, earliest=earliest, latest=latest))
    assert (row["lag_records"], row["state"], row["unseen"]) == (lag_records, state, unseen)


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
    commits, offsets = snapshot.table(Commits), snapshot.table(Offsets)
    assert commits is not None
    assert offsets is not None
    assert lag(commits, offsets).df.select(Commits.key).equals(commits.df.select(Commits.key))
    assert unseen_of([lag(commits, offsets)]) == ()


@pytest.mark.law
def test_tells_nothing_that_it_did_not_see() -> None:
    snapshot = edit(edit(healthy(), Commits, FIRST, committed=400), Offsets, FIRST, earliest=500)
    assert leaks_of(Lag, snapshot, all_views(), random.Random(7)) == []
