"""Racks against replicas."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.replicas import Replicas
from kastellan.testing.cases import breaches, look
from kastellan.testing.snapshots import add, edit, healthy

CHECK = "topology.fewer_racks_than_rf"


def two_racks(rf: int = 3) -> Snapshot:
    return edit(healthy(rf=rf), Brokers, {"broker": 3}, rack="r1")


def test_fires_as_a_remark() -> None:
    (found,) = look(CHECK, two_racks()).findings
    assert (found.subject, found.severity) == (Subject("cluster", ()), Severity.INFO)
    assert found.observed == "2 racks (r1, r2) for up to 3 replicas"


def test_does_not_fire_with_a_rack_for_each_replica() -> None:
    for snapshot in (healthy(), two_racks(rf=2)):
        assert look(CHECK, snapshot).counts == {Verdict.PASS: 1}


def test_without_racks_or_with_one_nothing_is_said() -> None:
    for rack in ("", "r1"):
        assert look(CHECK, edit(healthy(), Brokers, {}, rack=rack)).counts == {Verdict.NOT_APPLICABLE: 1}


def test_cannot_see_a_rack_or_a_replica_is_unknown() -> None:
    assert look(CHECK, edit(two_racks(), Brokers, {"broker": 3}, rack=None)).counts == {Verdict.UNKNOWN: 1}
    more = add(two_racks(), Brokers, {"broker": 4, "reason": ""})
    assert look(CHECK, more).counts == {Verdict.UNKNOWN: 1}


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, two_racks(), edit(two_racks(), Replicas, {"broker": 2}, in_sync=False)) == []
