"""Static members that are missing."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.members import Members
from kastellan.testing.cases import breaches, look
from kastellan.testing.snapshots import AT_MS, drop, edit, healthy

CHECK = "groups.static_members_expired"
SECOND = {"member": "billing-1"}
EARLIER = AT_MS - 60_000


def static(at_ms: int = AT_MS) -> Snapshot:
    """Both members have ids of their own."""
    snapshot = edit(healthy(at_ms=at_ms), Members, {"member": "billing-0"}, instance_id="pod-0")
    return edit(snapshot, Members, SECOND, instance_id="pod-1")


def lost() -> Snapshot:
    return edit(drop(static(), Members, SECOND), Groups, {}, members=1)


def test_fires_where_an_instance_is_gone() -> None:
    (found,) = look(CHECK, lost().after(static(EARLIER))).findings
    assert (found.subject, found.severity) == (Subject("group", ("billing",)), Severity.WARNING)
    assert found.observed == "gone since the earlier look: pod-1"


def test_fires_where_one_is_away_for_the_moment() -> None:
    (found,) = look(CHECK, edit(static(), Members, SECOND, epoch=-2).after(static(EARLIER))).findings
    assert found.observed == "away now, its partitions are kept for it: pod-1"


def test_does_not_fire_where_it_came_back_under_another_member_id() -> None:
    again = edit(static(), Members, SECOND, member="billing-7")
    assert look(CHECK, again.after(static(EARLIER))).counts == {Verdict.PASS: 1}


def test_does_not_fire_on_dynamic_members_that_change() -> None:
    one_less = edit(drop(healthy(), Members, SECOND), Groups, {}, members=1)
    assert look(CHECK, one_less.after(healthy(at_ms=EARLIER))).counts == {Verdict.PASS: 1}


def test_a_group_that_was_stopped_is_not_judged() -> None:
    stopped = edit(drop(static(), Members, {}), Groups, {}, members=0, state="Empty")
    assert look(CHECK, stopped.after(static(EARLIER))).counts == {Verdict.NOT_APPLICABLE: 1}


def test_cannot_see_members_or_an_earlier_look_is_unknown() -> None:
    assert look(CHECK, static()).unknown[0].reason.startswith("needs an earlier look")
    assert look(CHECK, edit(lost(), Members, {}, instance_id=None).after(static(EARLIER))).counts == {Verdict.UNKNOWN: 1}


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, lost().after(static(EARLIER))) == []
