"""Groups that nobody uses."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.commits import Commits
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.offsets import Offsets
from kastellan.testing.cases import breaches, look
from kastellan.testing.snapshots import AT_MS, drop, edit, healthy

CHECK = "groups.abandoned"
A_DAY_AGO = AT_MS - 86_400_000


def left(at_ms: int = AT_MS, committed: int = 400, earliest: int = 0) -> Snapshot:
    """A group without members."""
    snapshot = edit(healthy(at_ms=at_ms), Groups, {}, state="Empty", members=0)
    return edit(edit(snapshot, Commits, {}, committed=committed), Offsets, {"topic": "orders"}, earliest=earliest)


def test_fires_in_one_look_where_retention_has_passed_every_commit() -> None:
    (found,) = look(CHECK, left(earliest=500)).findings
    assert (found.subject, found.severity) == (Subject("group", ("billing",)), Severity.INFO)
    assert found.observed == "no members; all that it had to read on 3 partitions is deleted"


def test_fires_where_no_commit_moved_for_a_day() -> None:
    (found,) = look(CHECK, left().after(left(A_DAY_AGO))).findings
    assert found.observed == "no members; no commit on 3 partitions has moved for 1 d"


def test_does_not_fire_where_one_commit_moved_or_is_new() -> None:
    moved = edit(left(), Commits, {"partition": 1}, committed=401)
    assert look(CHECK, moved.after(left(A_DAY_AGO))).counts == {Verdict.PASS: 1}
    assert look(CHECK, left().after(drop(left(A_DAY_AGO), Commits, {"partition": 1}))).counts == {Verdict.PASS: 1}


def test_a_group_with_members_or_without_commits_is_not_judged() -> None:
    assert look(CHECK, healthy()).counts == {Verdict.NOT_APPLICABLE: 1}
    assert look(CHECK, drop(left(), Commits, {})).counts == {Verdict.NOT_APPLICABLE: 1}


def test_cannot_see_a_day_back_is_unknown() -> None:
    result = look(CHECK, left())
    assert result.counts == {Verdict.UNKNOWN: 1}
    assert result.unknown[0].reason == "needs an earlier look: no members; look again in 86400 s"


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, left(earliest=500), left().after(left(A_DAY_AGO))) == []
