"""Directories of one broker, filled unequally."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.log_dirs import LogDirs
from kastellan.testing.cases import breaches, look, verdicts
from kastellan.testing.snapshots import GIB, add, drop, edit, failed_answer, healthy

CHECK = "storage.dirs_unbalanced"
THREE = Subject("broker", (3,))


def second(used_percent: int, *, online: bool | None = True) -> Snapshot:
    """Broker 3 has a second directory; the first is 20 % full."""
    usable = (100 - used_percent) * GIB
    return add(
        healthy(), LogDirs, {"broker": 3, "path": "/data2", "online": online, "total_bytes": 100 * GIB, "usable_bytes": usable}
    )


def test_fires_as_a_warning_where_the_fullest_is_urgent() -> None:
    (found,) = look(CHECK, second(89)).findings
    assert (found.subject, found.severity) == (THREE, Severity.WARNING)
    assert found.observed == "/data2 is 89 % full, /data 20 %"


def test_fires_as_a_remark_while_there_is_room_in_both() -> None:
    (found,) = look(CHECK, second(60)).findings
    assert found.severity is Severity.INFO


def test_does_not_fire_where_they_are_near_each_other() -> None:
    assert look(CHECK, second(45)).counts == {Verdict.NOT_APPLICABLE: 2, Verdict.PASS: 1}


def test_a_single_directory_and_an_offline_one_are_not_compared() -> None:
    for snapshot in (healthy(), second(89, online=False)):
        assert look(CHECK, snapshot).counts == {Verdict.NOT_APPLICABLE: 3}


def test_cannot_see_a_size_or_a_broker_is_unknown() -> None:
    assert verdicts(CHECK, edit(second(89), LogDirs, {"path": "/data2"}, total_bytes=None))[THREE] is Verdict.UNKNOWN
    snapshot, answer = failed_answer(second(89), broker=3)
    silent = add(drop(snapshot, LogDirs, {"broker": 3}), LogDirs, {"broker": 3, "answer": answer})
    (doubt,) = look(CHECK, silent).unknown
    assert doubt.examples == (THREE,)
    assert "it did not answer in time" in doubt.reason


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, second(89), second(20)) == []
