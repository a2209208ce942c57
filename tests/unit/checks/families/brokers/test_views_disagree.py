"""Brokers that tell different things of the cluster."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.cluster_views import ClusterViews
from kastellan.testing.cases import breaches, look, look_with_explanations
from kastellan.testing.snapshots import edit, healthy, hide

CHECK = "brokers.views_disagree"
FENCED = Subject("broker", (3,))


def cut_off() -> Snapshot:
    """Broker 3 does not hear from the controller: it is fenced, and does not know it."""
    snapshot = edit(healthy(), Brokers, {"broker": 3}, fenced=True, listed=False)
    return edit(edit(snapshot, ClusterViews, {}, live="1,2"), ClusterViews, {"broker": 3}, live="1,2,3")


def test_fires_where_two_brokers_name_different_ones_as_live() -> None:
    (found,) = look(CHECK, cut_off()).findings
    assert (found.subject, found.severity) == (Subject("cluster", ()), Severity.WARNING)
    assert found.observed == "live are, by brokers 1, 2: 1,2; by broker 3: 1,2,3"


def test_is_told_under_the_broker_that_is_fenced() -> None:
    assert look_with_explanations(CHECK, cut_off()).findings[0].explained_by == (("brokers.fenced", FENCED),)


def test_does_not_fire_where_all_agree_also_that_one_is_away() -> None:
    assert look(CHECK, healthy()).counts == {Verdict.PASS: 1}
    assert look(CHECK, edit(healthy(), ClusterViews, {}, live="1,2")).counts == {Verdict.PASS: 1}


def test_cannot_see_one_view_is_unknown_and_two_that_differ_are_enough() -> None:
    assert look(CHECK, edit(healthy(), ClusterViews, {"broker": 2}, live=None)).counts == {Verdict.UNKNOWN: 1}
    assert look(CHECK, hide(healthy(), "broker", 2)).counts.keys() == {Verdict.UNKNOWN}
    assert look(CHECK, edit(cut_off(), ClusterViews, {"broker": 2}, live=None)).counts == {Verdict.FAIL: 1}


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, cut_off()) == []
