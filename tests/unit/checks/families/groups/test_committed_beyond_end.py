"""Commits that no log has."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.assignments import Assignments
from kastellan.model.tables.commits import Commits
from kastellan.model.tables.offsets import Offsets
from kastellan.testing.cases import breaches, look, verdicts
from kastellan.testing.snapshots import drop, edit, healthy

CHECK = "groups.committed_beyond_end"
PLACE = {"topic": "orders", "partition": 1}
SUBJECT = Subject("group_partition", ("billing", "orders", 1))


def ahead(committed: int | None = 1500) -> Snapshot:
    """The log of orders-1 ends at 1000."""
    return edit(healthy(), Commits, PLACE, committed=committed)


def test_fires_as_an_error_where_a_member_owns_the_partition() -> None:
    (found,) = look(CHECK, ahead()).findings
    assert (found.subject, found.severity) == (SUBJECT, Severity.ERROR)
    assert found.observed == "committed 1500, the log ends at 1000: 500 offsets too far; owner billing-1"


def test_fires_as_a_remark_where_nobody_owns_it() -> None:
    (found,) = look(CHECK, drop(ahead(), Assignments, PLACE)).findings
    assert found.severity is Severity.INFO
    assert found.observed.endswith("nobody owns it now")


def test_does_not_fire_at_the_end_of_the_log() -> None:
    assert look(CHECK, ahead(1000)).counts == {Verdict.PASS: 3}


def test_cannot_see_the_end_or_the_commit_is_unknown() -> None:
    assert verdicts(CHECK, edit(ahead(), Offsets, PLACE, latest=None))[SUBJECT] is Verdict.UNKNOWN
    assert verdicts(CHECK, ahead(None))[SUBJECT] is Verdict.UNKNOWN


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, ahead()) == []
