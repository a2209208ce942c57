"""Brokers whose disks are fuller than the others'."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.log_dirs import LogDirs
from kastellan.testing.cases import breaches, look
from kastellan.testing.snapshots import GIB, edit, healthy, hide

CHECK = "storage.broker_disk_skew"


def full(used_percent: int) -> Snapshot:
    """Broker 3; the other two are 20 % full."""
    return edit(healthy(), LogDirs, {"broker": 3}, usable_bytes=(100 - used_percent) * GIB)


def test_fires_as_a_warning_on_the_full_broker_alone() -> None:
    (found,) = look(CHECK, full(80)).findings
    assert (found.subject, found.severity) == (Subject("broker", (3,)), Severity.WARNING)
    assert found.observed == "80 % used, the mean of the brokers is 40 %"


def test_fires_as_a_remark_while_it_has_room() -> None:
    (found,) = look(CHECK, full(60)).findings
    assert found.severity is Severity.INFO


def test_does_not_fire_where_they_are_near_each_other() -> None:
    assert look(CHECK, full(45)).counts == {Verdict.PASS: 3}


def test_another_size_of_disk_is_no_skew() -> None:
    small = edit(healthy(), LogDirs, {"broker": 3}, total_bytes=10 * GIB, usable_bytes=8 * GIB)
    assert look(CHECK, small).counts == {Verdict.PASS: 3}


def test_a_single_broker_is_not_judged() -> None:
    assert look(CHECK, healthy(brokers=1)).counts == {Verdict.NOT_APPLICABLE: 1}


def test_cannot_see_one_broker_is_unknown_for_all() -> None:
    blind = edit(full(80), LogDirs, {"broker": 1}, total_bytes=None)
    result = look(CHECK, blind)
    assert result.counts == {Verdict.UNKNOWN: 3}
    assert result.unknown[0].reason == "the mean is not known: the disks of a broker were not seen"
    assert Verdict.FAIL not in look(CHECK, hide(full(80), "broker", 1)).counts


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, full(80)) == []
