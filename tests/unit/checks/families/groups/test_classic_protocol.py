"""Classic groups where there is something newer."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.features import Features
from kastellan.model.tables.groups import Groups
from kastellan.testing.cases import breaches, look
from kastellan.testing.snapshots import add, edit, healthy, hide

CHECK = "groups.classic_protocol"


def offering(level: int | None = 1) -> Snapshot:
    return add(healthy(), Features, {"feature": "group.version", "finalized_level": level, "supported_max": 1})


def test_fires_as_a_remark() -> None:
    (found,) = look(CHECK, offering()).findings
    assert (found.subject, found.severity) == (Subject("group", ("billing",)), Severity.INFO)
    assert found.observed == "classic, with 2 members"


def test_does_not_fire_on_the_new_protocol() -> None:
    assert look(CHECK, edit(offering(), Groups, {}, type="consumer")).counts == {Verdict.PASS: 1}


@pytest.mark.parametrize("other", [{"protocol_type": "connect"}, {"members": 0}])
def test_other_groups_are_not_judged(other: dict[str, object]) -> None:
    assert look(CHECK, edit(offering(), Groups, {}, **other)).counts == {Verdict.NOT_APPLICABLE: 1}


def test_a_cluster_that_does_not_offer_it_is_not_judged() -> None:
    for snapshot in (healthy(), offering(0)):
        assert look(CHECK, snapshot).counts == {Verdict.NOT_APPLICABLE: 1}


def test_cannot_see_what_is_offered_is_unknown() -> None:
    assert look(CHECK, offering(None)).counts == {Verdict.UNKNOWN: 1}
    assert Verdict.NOT_APPLICABLE not in look(CHECK, hide(healthy(), "feature")).counts


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, offering()) == []
