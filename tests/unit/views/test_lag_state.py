"""One word for how a group fares on a partition."""

from __future__ import annotations

import random

import pytest

from kastellan.engine.needs import Need
from kastellan.engine.resolver import Resolver
from kastellan.model.snapshot import Snapshot
from kastellan.model.tables.assignments import Assignments
from kastellan.model.tables.commits import Commits
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.last_stable_offsets import LastStableOffsets
from kastellan.model.tables.offsets import Offsets
from kastellan.testing.missing_data_kit import leaks_of
from kastellan.testing.snapshots import AT_MS, add, drop, edit, healthy
from kastellan.views.catalogue import all_views
from kastellan.views.lag_state import LagState

PLACE = {"topic": "orders", "partition": 0}
DAY_S = 86_400.0


def at(committed: int, latest: int, age_s: float = 0.0, **offsets: int) -> Snapshot:
    """billing on orders-0, `age_s` ago: its commit and the end of the log, which is also the last stable offset."""
    snapshot = edit(healthy(at_ms=AT_MS - int(age_s * 1000)), Commits, PLACE, committed=committed)
    snapshot = edit(snapshot, LastStableOffsets, PLACE, last_stable=latest)
    return edit(snapshot, Offsets, PLACE, latest=latest, **offsets)


def row_of(snapshot: Snapshot) -> dict[str, object]:
    view = Resolver(snapshot, all_views()).get(Need("lag", LagState))
    assert isinstance(view, LagState)
    (row,) = (row for row in view.df.iter_rows(named=True) if row["partition"] == 0 and row["topic"] == "orders")
    return row


def state_of(snapshot: Snapshot) -> object:
    return row_of(snapshot)["state"]


def without_members(snapshot: Snapshot) -> Snapshot:
    return edit(drop(snapshot, Assignments, {}), Groups, {"group": "billing"}, members=0, state="Empty")


@pytest.mark.parametrize(
    ("snapshot", "state"),
    [
        (at(1000, 1000), "ok"),
        (at(900, 1000), None),
        (at(1005, 1000), "ahead of the log"),
        (at(400, 1000, earliest=500), "data lost"),
        (drop(healthy(), Commits, PLACE), "no commit"),
        (edit(at(900, 1000), Offsets, PLACE, latest=None), None),
    ],
)
def test_what_one_look_shows(snapshot: Snapshot, state: str | None) -> None:
    assert state_of(snapshot) == state


@pytest.mark.parametrize(
    ("now", "before", "state"),
    [
        (at(900, 1000), at(500, 800, 10), "ok"),  # all that was there has been read
        (at(700, 1000), at(400, 900, 10), "catching up"),
        (at(500, 1000), at(400, 800, 10), "falling behind"),
        (at(500, 1000), at(400, 800, 5), None),  # too short apart
        (at(500, 1000), at(500, 900, 10), None),  # stands for a moment only
        (at(500, 1000), at(500, 900, 180), "stalled"),
        (at(500, 1000), at(500, 1000, 180), None),  # nothing came: perhaps what is left is no record
        (at(500, 1000), drop(at(500, 900, 180), Assignments, PLACE), None),  # the owner is new
    ],
)
def test_what_two_looks_show(now: Snapshot, before: Snapshot, state: str | None) -> None:
    assert state_of(now.after(before)) == state


def test_a_reader_at_an_open_transaction_is_blocked_and_not_stalled() -> None:
    now = edit(at(500, 1000), LastStableOffsets, PLACE, last_stable=500)
    assert state_of(now.after(at(500, 900, 180))) == "blocked"


def test_without_members_it_is_stopped_and_after_a_day_abandoned() -> None:
    now, before = without_members(at(500, 1000)), without_members(at(500, 900, 1800))
    assert state_of(now.after(before)) == "stopped"
    assert state_of(now.after(before, at(500, 800, DAY_S))) == "abandoned"
    assert state_of(now.after(before, at(400, 800, DAY_S))) == "stopped"


def transactional(snapshot: Snapshot, end: int = 50) -> Snapshot:
    """The coordinator of transactions has written to its topic."""
    return add(snapshot, Offsets, {"topic": "__transaction_state", "partition": 0, "earliest": 0, "latest": end})


def test_a_caught_up_reader_is_not_behind_for_the_marker_of_a_transaction() -> None:
    row = row_of(transactional(at(999, 1000)).after(at(999, 1000, 10)))
    assert (row["lag_records"], row["state"], row["method"]) == (1, "ok", "marker")


@pytest.mark.parametrize(
    ("now", "before"),
    [
        (at(999, 1000), at(999, 1000, 10)),  # nobody ever wrote a transaction
        (transactional(at(999, 1000), end=0), at(999, 1000, 10)),
        (transactional(at(999, 1000)), at(999, 999, 10)),  # something came meanwhile: it may be a record
        (transactional(at(998, 1000)), at(998, 1000, 10)),  # a marker is one offset
        (transactional(edit(at(999, 1000), LastStableOffsets, PLACE, last_stable=999)), at(999, 1000, 10)),
    ],
)
def test_what_may_be_a_record_is_not_taken_for_a_marker(now: Snapshot, before: Snapshot) -> None:
    row = row_of(now.after(before))
    assert (row["state"], row["method"]) == (None, None)


@pytest.mark.law
@pytest.mark.parametrize(
    "snapshot",
    [
        at(700, 1000).after(at(400, 900, 10)),
        at(500, 1000).after(at(500, 900, 180)),
        without_members(at(500, 1000)).after(without_members(at(500, 900, 1800)), at(500, 800, DAY_S)),
        transactional(at(999, 1000)).after(at(999, 1000, 10)),
        drop(healthy(), Commits, PLACE),
    ],
)
def test_tells_nothing_that_it_did_not_see(snapshot: Snapshot) -> None:
    assert leaks_of(LagState, snapshot, all_views(), random.Random(7)) == []
