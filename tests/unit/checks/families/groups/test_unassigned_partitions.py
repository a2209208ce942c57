"""Partitions that nobody in the group owns."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.assignments import Assignments
from kastellan.model.tables.groups import Groups
from kastellan.testing.cases import breaches, look
from kastellan.testing.snapshots import AT_MS, add, drop, edit, failed_answer, healthy

CHECK = "groups.unassigned_partitions"


def left_out(at_ms: int = AT_MS) -> Snapshot:
    """orders-1 has no owner."""
    return drop(healthy(at_ms=at_ms), Assignments, {"topic": "orders", "partition": 1})


def test_fires_as_a_remark_in_one_look() -> None:
    (found,) = look(CHECK, left_out()).findings
    assert (found.subject, found.severity) == (Subject("group", ("billing",)), Severity.INFO)
    assert found.observed == "nobody owns 1 partition of the topics that it reads, most of them of orders (1)"


def test_fires_as_a_warning_where_it_lasts() -> None:
    (found,) = look(CHECK, left_out().after(left_out(AT_MS - 300_000))).findings
    assert found.severity is Severity.WARNING
    assert found.observed.endswith("; so it was 5 min before, or longer")
    (fresh,) = look(CHECK, left_out().after(healthy(at_ms=AT_MS - 300_000))).findings
    assert fresh.severity is Severity.INFO


def test_does_not_fire_where_all_have_an_owner() -> None:
    assert look(CHECK, healthy()).counts == {Verdict.PASS: 1}


def test_a_group_that_rebalances_is_not_judged() -> None:
    for state in ("PreparingRebalance", "Reconciling"):
        assert look(CHECK, edit(left_out(), Groups, {}, state=state)).counts == {Verdict.NOT_APPLICABLE: 1}


def test_cannot_see_the_assignment_is_unknown() -> None:
    snapshot, answer = failed_answer(drop(healthy(), Assignments, {"group": "billing"}))
    assert look(CHECK, add(snapshot, Assignments, {"group": "billing", "answer": answer})).counts == {Verdict.UNKNOWN: 1}


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, left_out()) == []
