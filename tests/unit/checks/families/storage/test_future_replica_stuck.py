"""A move between directories that stands still."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.log_dirs import LogDirs
from kastellan.model.tables.replica_sizes import ReplicaSizes
from kastellan.testing.cases import breaches, look
from kastellan.testing.snapshots import AT_MS, GIB, add, drop, failed_answer, healthy

CHECK = "storage.future_replica_stuck"
THERE = {"broker": 3, "path": "/data2"}


def moving(size_bytes: int | None, lag: int = 500, at_ms: int = AT_MS) -> Snapshot:
    """orders-1 moves to the second directory of broker 3."""
    room = {"online": True, "total_bytes": 100 * GIB, "usable_bytes": 80 * GIB, "replica_bytes": 0}
    copy = {**THERE, "topic": "orders", "partition": 1, "future": True, "size_bytes": size_bytes, "offset_lag_records": lag}
    return add(add(healthy(at_ms=at_ms), LogDirs, {**THERE, **room}), ReplicaSizes, copy)


EARLIER = AT_MS - 600_000


def test_fires_for_the_directory_where_the_copy_stands() -> None:
    (found,) = look(CHECK, moving(4096, 900).after(moving(4096, 500, EARLIER))).findings
    assert (found.subject, found.severity) == (Subject("log_dir", (3, "/data2")), Severity.WARNING)
    assert found.observed == "orders-1 on its way into this directory: not one byte more in 10 min, 900 records behind"


def test_does_not_fire_while_it_grows_or_comes_nearer() -> None:
    for was in (moving(1024, 500, EARLIER), moving(4096, 900, EARLIER)):
        assert look(CHECK, moving(4096, 500).after(was)).counts == {Verdict.NOT_APPLICABLE: 3, Verdict.PASS: 1}


def test_one_that_began_since_is_not_stuck_and_none_is_not_judged() -> None:
    assert look(CHECK, moving(0).after(healthy(at_ms=EARLIER))).counts[Verdict.PASS] == 1
    assert look(CHECK, healthy()).counts == {Verdict.NOT_APPLICABLE: 3}


def test_cannot_see_without_an_earlier_look_asks_for_one() -> None:
    result = look(CHECK, moving(4096))
    assert result.counts == {Verdict.NOT_APPLICABLE: 3, Verdict.UNKNOWN: 1}
    assert result.unknown[0].reason.startswith("needs an earlier look: a replica moves between directories")


def test_cannot_see_a_size_or_a_broker_is_unknown() -> None:
    assert look(CHECK, moving(None).after(moving(4096, 500, EARLIER))).counts[Verdict.UNKNOWN] == 1
    snapshot, answer = failed_answer(healthy(), broker=2)
    for kind in (LogDirs, ReplicaSizes):
        snapshot = add(drop(snapshot, kind, {"broker": 2}), kind, {"broker": 2, "answer": answer})
    (doubt,) = look(CHECK, snapshot).unknown
    assert doubt.examples == (Subject("log_dir", (2, None)),)


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, moving(4096).after(moving(4096, 500, EARLIER))) == []
