"""A list that is got again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from kastellan.app import watch_list as module
from kastellan.app.get import Listing
from kastellan.app.watch_list import watch_list
from kastellan.kernel.errors import BadInput, Unreachable
from kastellan.model.snapshot import Snapshot
from kastellan.model.tables.commits import Commits
from kastellan.model.tables.offsets import Offsets
from kastellan.testing.snapshots import AT_MS, edit, healthy

PLACE = {"topic": "orders", "partition": 0}
STEP_S = 10


def look(number: int, committed: int, latest: int) -> Snapshot:
    snapshot = edit(healthy(at_ms=AT_MS + number * STEP_S * 1000), Commits, PLACE, committed=committed)
    return edit(snapshot, Offsets, PLACE, latest=latest)


def watched(monkeypatch, looks: Sequence[Snapshot | Unreachable], name: str = "owned lag", every_s: float = 1.0) -> list[Listing]:
    left = iter(looks)

    async def observe(source, requests, deadline):
        snapshot = next(left)
        if isinstance(snapshot, Unreachable):
            raise snapshot
        return snapshot

    async def no_sleep(_):
        return None

    monkeypatch.setattr(module, "observe", observe)
    monkeypatch.setattr(module.asyncio, "sleep", no_sleep)

    async def listings() -> list[Listing]:
        shown = []
        async for listing in watch_list(None, name, None, 5.0, every_s):  # pyright: ignore[reportArgumentType]
            shown.append(listing)
            if len(shown) == len(looks):
                break
        return shown

    return asyncio.run(listings())


def state(listing: Listing) -> object:
    return next(row["lag_state"] for row in listing.rows if row["partition"] == 0)


def test_the_second_look_shows_whether_a_lag_grows_or_shrinks(monkeypatch):
    looks = [look(0, 400, 900), look(1, 700, 1000), look(2, 800, 1300)]
    assert [state(listing) for listing in watched(monkeypatch, looks)] == ["unknown", "catching up", "falling behind"]


def test_a_commit_that_stands_for_three_minutes_is_stalled_though_few_looks_are_kept(monkeypatch):
    shown = watched(monkeypatch, [look(number, 400, 900 + number) for number in range(40)])
    assert state(shown[17]) == "unknown"
    assert state(shown[18]) == state(shown[39]) == "stalled"


def test_a_look_that_reaches_nobody_shows_the_list_before_and_says_so(monkeypatch):
    shown = watched(monkeypatch, [look(0, 400, 900), Unreachable("nobody there"), look(2, 700, 1000)])
    assert shown[1].rows == shown[0].rows
    assert shown[1].notes[0] == "this look reached nobody: nobody there"
    assert state(shown[2]) == "catching up"
    with pytest.raises(Unreachable):
        watched(monkeypatch, [Unreachable("nobody there")])


def test_an_interval_that_is_too_short_is_refused(monkeypatch):
    with pytest.raises(BadInput, match=r"--watch 0\.2 is too often"):
        watched(monkeypatch, [look(0, 400, 900)], every_s=0.2)
