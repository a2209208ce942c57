from __future__ import annotations

import asyncio
import time

import pytest

from kastellan.app import diagnose as examining
from kastellan.app import monitor as module
from kastellan.app.diagnose import plan_checks
from kastellan.app.monitor import SLOW, Monitor, check_interval
from kastellan.app.snapshots.history import SnapshotHistory
from kastellan.engine.requests import TableRequests
from kastellan.kernel.errors import BadInput, Unavailable, Unreachable
from kastellan.model.codec import dump
from kastellan.model.finding import UnknownKind
from kastellan.model.snapshot import Snapshot
from kastellan.model.tables.log_dirs import LogDirs
from kastellan.stores.snapshots import SnapshotFiles
from kastellan.testing.fixed_source import FixedSource
from kastellan.testing.snapshots import AT_MS, edit, healthy

pytestmark = pytest.mark.examines


class Ticking(FixedSource):
    """A healthy cluster whose clock goes `step_s` further with each look; asked tables only."""

    def __init__(self, step_s: float = 10.0, fail_at: frozenset[int] = frozenset()) -> None:
        super().__init__(self.tick)
        self.step_s, self.fail_at = step_s, fail_at

    def tick(self, requests: TableRequests) -> Snapshot:
        number = len(self.requested) - 1
        if number in self.fail_at:
            raise Unreachable("nobody there")
        return healthy(at_ms=AT_MS + int(number * self.step_s * 1000))


USUAL = plan_checks(("replication", "storage", "configs"))
"""Checks that between them need the tables of every look and the slow ones."""


def looks(source, count: int, exam=USUAL, clock=time.monotonic):
    async def some():
        found = []
        async for each in Monitor(source, exam, 5.0, clock=clock).runs(1.0):
            found.append(each)
            if len(found) == count:
                return found
        raise AssertionError

    return asyncio.run(some())


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    async def no_sleep(_):
        return None

    monkeypatch.setattr(examining, "PAUSE_S", 0.0)
    monkeypatch.setattr(module.asyncio, "sleep", no_sleep)


def test_the_slow_tables_are_asked_once_a_minute_and_carried_over_with_their_age():
    source = Ticking()
    told = looks(source, 3)
    assert source.requested[0] >= {"log_dirs", "topic_configs", "broker_configs"}
    assert not source.requested[1] & SLOW
    assert not source.requested[2] & SLOW
    assert any("20 s old" in each for each in told[2].report.notes)
    assert told[2].report.worst() is None


def test_a_look_knows_the_looks_before_it_and_their_number_stays_small():
    source = Ticking()
    told = looks(source, 60, plan_checks(("groups.stalled_partition", "storage.log_dir_nearly_full")))
    assert told[-1].report.at_ms == AT_MS + 59 * 10_000
    kept = [each.at_ms for each in told[-1].snapshot.earlier]
    assert 3 <= len(kept) < 30
    assert kept == sorted(kept, reverse=True)
    assert all(not each.earlier for each in told[-1].snapshot.earlier)
    assert "log_dirs" in told[-1].snapshot.tables
    assert "features" not in told[-1].snapshot.earlier[0].tables


def test_checks_of_movement_get_their_earlier_look():
    told = looks(Ticking(step_s=60.0), 40, plan_checks(("groups.stalled_partition", "groups.lag_without_members")))
    waiting = [each.check for each in told[-1].report.results for doubt in each.unknown if doubt.kind is UnknownKind.EARLIER_LOOK]
    assert waiting == []


def test_a_look_that_reaches_nobody_is_told_and_the_watch_goes_on():
    told = looks(Ticking(fail_at=frozenset({1})), 3)
    assert any("nobody there" in each for each in told[1].report.notes)
    assert told[1].report.at_ms == told[0].report.at_ms
    assert told[2].report.at_ms > told[1].report.at_ms


def test_a_first_look_that_reaches_nobody_ends_it():
    with pytest.raises(Unreachable):
        looks(Ticking(fail_at=frozenset({0})), 1)


def test_too_often_is_refused():
    with pytest.raises(BadInput, match="too often"):
        check_interval(0.1)


class Unwritable:
    """A store in which nothing can be saved."""

    def __init__(self) -> None:
        self.saves = 0

    def clusters(self):
        return ()

    def list_snapshots(self, cluster):
        return ()

    def read(self, saved):
        raise AssertionError

    def findings(self, cluster):
        return None

    def save(self, cluster, at_ms, snapshot, findings):
        self.saves += 1
        raise Unavailable("the disk is full")


def test_a_run_is_recorded_once_and_one_that_reached_nobody_is_not():
    store = Unwritable()
    monitor = Monitor(Ticking(fail_at=frozenset({1})), USUAL, 5.0, SnapshotHistory(store, USUAL))

    async def two_runs():
        await monitor.run()
        with pytest.raises(Unavailable, match="full"):
            await monitor.record()
        await monitor.record()
        assert store.saves == 1
        await monitor.run()
        await monitor.record()
        assert store.saves == 1

    asyncio.run(two_runs())


def test_the_first_run_compares_with_saved_snapshots(tmp_path):
    plan = plan_checks(("groups.stalled_partition",))
    store = SnapshotFiles(tmp_path)
    old = healthy(at_ms=AT_MS - 200_000)
    store.save("test-cluster", old.at_ms, dump(old), lambda _: b"{}")
    run = asyncio.run(Monitor(Ticking(), plan, 5.0, SnapshotHistory(store, plan)).run())
    (result,) = run.report.results
    assert not result.unknown


def test_a_carried_table_is_not_compared_as_if_it_were_of_now():
    """Growth of a disk is measured between looks that asked for it, and stands until it is asked again."""

    class Filling(Ticking):
        def tick(self, requests: TableRequests) -> Snapshot:
            free_bytes = (14 * 1024 - 10 * len(self.requested)) * 1024**2
            return edit(super().tick(requests), LogDirs, {}, usable_bytes=free_bytes)

    source = Filling()
    told = looks(source, 15, plan_checks(("storage.log_dir_nearly_full",)), clock=lambda: len(source.requested) * 10.0)
    for at in (8, 14):
        (growth,) = {each.facts["growth"] for each in told[at].report.findings}
        assert "60.0 MiB/min since the look 60 s before" in str(growth)
