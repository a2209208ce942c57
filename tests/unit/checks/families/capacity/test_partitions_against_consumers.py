"""Groups that cannot be made wider."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.members import Members
from kastellan.model.tables.offsets import Offsets
from kastellan.testing.cases import breaches, look
from kastellan.testing.snapshots import AT_MS, edit, healthy

CHECK = "capacity.partitions_against_consumers"
EARLIER = AT_MS - 300_000


def at(latest: int | None, at_ms: int = AT_MS) -> Snapshot:
    """Two members with one partition each; they have committed 1000."""
    snapshot = healthy(topics={"orders": 2}, at_ms=at_ms)
    return edit(edit(snapshot, Members, {}, assigned=1), Offsets, {}, latest=latest)


def test_fires_as_a_remark_where_the_lag_grows_and_nobody_can_help() -> None:
    (found,) = look(CHECK, at(9000).after(at(4000, EARLIER))).findings
    assert (found.subject, found.severity) == (Subject("group", ("billing",)), Severity.INFO)
    assert found.observed == "2 members, none with more than one partition; lag 16,000, 10,000 more than 5 min before"


def test_does_not_fire_where_the_lag_falls_or_a_member_owns_two() -> None:
    assert look(CHECK, at(4000).after(at(9000, EARLIER))).counts == {Verdict.PASS: 1}
    wide = edit(at(9000), Members, {"member": "billing-0"}, assigned=2)
    assert look(CHECK, wide.after(at(4000, EARLIER))).counts == {Verdict.PASS: 1}
    assert look(CHECK, at(1100).after(at(1000, EARLIER))).counts == {Verdict.PASS: 1}


def test_a_group_that_is_not_stable_is_not_judged() -> None:
    moving = edit(at(9000), Groups, {}, state="PreparingRebalance")
    assert look(CHECK, moving.after(at(4000, EARLIER))).counts == {Verdict.NOT_APPLICABLE: 1}


def test_cannot_see_an_earlier_look_or_an_end_is_unknown() -> None:
    assert look(CHECK, at(9000)).unknown[0].reason.startswith("needs an earlier look")
    assert look(CHECK, at(None).after(at(4000, EARLIER))).counts == {Verdict.UNKNOWN: 1}


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, at(9000).after(at(4000, EARLIER))) == []
