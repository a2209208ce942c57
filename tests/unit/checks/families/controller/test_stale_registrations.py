"""A registration that was left behind."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.brokers import Brokers
from kastellan.testing.cases import breaches, look, look_with_explanations, verdicts
from kastellan.testing.snapshots import add, edit, healthy

CHECK = "controller.stale_registrations"
FOUR = Subject("broker", (4,))


def left_behind(*, fenced: bool | None = True, reached: bool | None = False) -> Snapshot:
    """Broker 4 is registered and has no replica."""
    told = {"fenced": fenced, "listed": not fenced, "reached": reached, "reason": ""}
    return add(healthy(), Brokers, {"broker": 4, "rack": "r1", **told})


def test_fires_as_a_remark_on_the_broker() -> None:
    (found,) = look(CHECK, left_behind()).findings
    assert (found.subject, found.severity) == (FOUR, Severity.INFO)


def test_does_not_fire_on_a_live_broker_without_replicas_nor_on_a_dead_one_with_some() -> None:
    assert look(CHECK, left_behind(fenced=False)).counts == {Verdict.PASS: 4}
    assert look(CHECK, edit(healthy(), Brokers, {"broker": 3}, fenced=True, listed=False)).counts == {Verdict.PASS: 3}


def test_a_broker_that_answers_is_not_gone_and_one_that_was_not_asked_may_be() -> None:
    assert verdicts(CHECK, left_behind(reached=True))[FOUR] is Verdict.PASS
    assert verdicts(CHECK, left_behind(reached=None))[FOUR] is Verdict.UNKNOWN


def test_the_fenced_broker_is_told_under_it() -> None:
    (fenced,) = look_with_explanations("brokers.fenced", left_behind()).findings
    assert fenced.explained_by == ((CHECK, FOUR),)


def test_cannot_see_what_is_fenced_is_unknown() -> None:
    assert verdicts(CHECK, edit(left_behind(), Brokers, {"broker": 4}, fenced=None))[FOUR] is Verdict.UNKNOWN
    # A broker that Metadata lists is live, whatever is told of fencing.
    assert look(CHECK, edit(healthy(), Brokers, {}, fenced=None)).counts == {Verdict.PASS: 3}


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, left_behind()) == []
