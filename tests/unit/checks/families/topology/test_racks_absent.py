"""Brokers that do not say where they stand."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.brokers import Brokers
from kastellan.testing.cases import breaches, look
from kastellan.testing.snapshots import add, edit, healthy, hide

CHECK = "topology.racks_absent"


def without(*brokers: int) -> Snapshot:
    snapshot = healthy()
    for each in brokers:
        snapshot = edit(snapshot, Brokers, {"broker": each}, rack="")
    return snapshot


def test_fires_as_a_remark_where_no_broker_has_one() -> None:
    (found,) = look(CHECK, without(1, 2, 3)).findings
    assert (found.subject, found.severity) == (Subject("cluster", ()), Severity.INFO)
    assert found.observed == "3 of 3 brokers have no rack (1, 2, 3)"


def test_fires_as_a_warning_where_some_have_one() -> None:
    (found,) = look(CHECK, without(2)).findings
    assert found.severity is Severity.WARNING


def test_does_not_fire_where_all_have_one() -> None:
    assert look(CHECK, healthy()).counts == {Verdict.PASS: 1}
    # An id that only replicas name stands nowhere.
    assert look(CHECK, add(healthy(), Brokers, {"broker": 9, "registered": False, "reason": ""})).counts == {Verdict.PASS: 1}


def test_a_small_cluster_is_not_judged() -> None:
    assert look(CHECK, edit(healthy(brokers=2), Brokers, {}, rack="")).counts == {Verdict.NOT_APPLICABLE: 1}


def test_cannot_see_a_rack_is_unknown() -> None:
    assert look(CHECK, edit(healthy(), Brokers, {"broker": 2}, rack=None)).counts == {Verdict.UNKNOWN: 1}
    assert Verdict.PASS not in look(CHECK, hide(healthy(), "broker", 2)).counts


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, without(1, 2, 3), without(2)) == []
