"""How many replicas a broker holds."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.subject import Subject
from kastellan.model.tables.replicas import Replicas
from kastellan.testing.cases import breaches, look
from kastellan.testing.snapshots import drop, healthy, hide

CHECK = "capacity.partitions_per_broker"


def test_fires_as_a_remark_above_the_bound() -> None:
    snapshot = drop(healthy(), Replicas, {"broker": 2, "topic": "orders"})
    found = look(CHECK, snapshot, max_replicas=5).findings
    assert {each.subject for each in found} == {Subject("broker", (1,)), Subject("broker", (3,))}
    assert {each.severity for each in found} == {Severity.INFO}
    assert found[0].observed == "6 replicas"


def test_does_not_fire_at_the_bound_nor_without_replicas() -> None:
    assert look(CHECK, healthy(), max_replicas=6).counts == {Verdict.PASS: 3}
    assert look(CHECK, drop(healthy(), Replicas, {"broker": 2})).counts == {Verdict.PASS: 3}


def test_cannot_see_all_topics_is_unknown_below_the_bound() -> None:
    assert Verdict.PASS not in look(CHECK, hide(healthy(), "topic")).counts
    assert look(CHECK, hide(healthy(), "topic"), max_replicas=5).counts[Verdict.FAIL] == 3


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, healthy()) == []
