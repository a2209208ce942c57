"""How many partitions there are."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.subject import Subject
from kastellan.testing.cases import breaches, look
from kastellan.testing.snapshots import healthy, hide

CHECK = "capacity.partitions_per_cluster"


def test_fires_as_a_remark_above_the_bound() -> None:
    (found,) = look(CHECK, healthy(), max_partitions=5).findings
    assert (found.subject, found.severity, found.observed) == (Subject("cluster", ()), Severity.INFO, "6 partitions")


def test_does_not_fire_at_the_bound() -> None:
    assert look(CHECK, healthy(), max_partitions=6).counts == {Verdict.PASS: 1}


def test_cannot_see_all_topics_is_unknown_below_the_bound() -> None:
    assert Verdict.PASS not in look(CHECK, hide(healthy(), "topic")).counts
    assert look(CHECK, hide(healthy(), "topic"), max_partitions=5).counts[Verdict.FAIL] == 1


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, healthy()) == []
