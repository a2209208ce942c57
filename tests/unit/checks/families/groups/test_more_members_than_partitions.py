"""Members with nothing to do."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.members import Members
from kastellan.testing.cases import breaches, look
from kastellan.testing.snapshots import add, edit, healthy

CHECK = "groups.more_members_than_partitions"


def idle(assigned: int | None = 0) -> Snapshot:
    """A third member in the group billing."""
    return add(edit(healthy(), Groups, {}, members=3), Members, {"group": "billing", "member": "billing-2", "assigned": assigned})


def test_fires_as_a_remark_on_the_group() -> None:
    (found,) = look(CHECK, idle()).findings
    assert (found.subject, found.severity) == (Subject("group", ("billing",)), Severity.INFO)
    assert found.observed.startswith("1 of 3 members own no partition; the others own ")


def test_does_not_fire_where_everybody_owns_something_or_nobody_does() -> None:
    for snapshot in (healthy(), idle(1), edit(healthy(), Members, {}, assigned=0)):
        assert look(CHECK, snapshot).counts == {Verdict.PASS: 1}


@pytest.mark.parametrize(
    "other", [{"state": "PreparingRebalance"}, {"protocol_type": "connect"}, {"state": "Empty", "members": 0}]
)
def test_a_group_that_rebalances_or_does_not_consume_is_not_judged(other: dict[str, object]) -> None:
    assert look(CHECK, edit(idle(), Groups, {}, **other)).counts == {Verdict.NOT_APPLICABLE: 1}


def test_cannot_see_what_a_member_owns_is_unknown() -> None:
    assert look(CHECK, idle(None)).counts == {Verdict.UNKNOWN: 1}


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, idle()) == []
