"""Credentials that are hashed too few times."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.scram_users import ScramUsers
from kastellan.testing.cases import breaches, look, verdicts
from kastellan.testing.snapshots import add, healthy, hide

CHECK = "security.weak_scram_iterations"
BOB = Subject("scram_user", ("bob", "SCRAM-SHA-256"))


def with_rounds(iterations: int | None) -> Snapshot:
    return add(healthy(), ScramUsers, {"user": "bob", "mechanism": "SCRAM-SHA-256", "iterations": iterations})


def test_fires_below_kafkas_own_minimum() -> None:
    (found,) = look(CHECK, with_rounds(1024)).findings
    assert (found.subject, found.severity) == (BOB, Severity.INFO)
    assert (found.observed, found.expected) == ("1,024 rounds", "4096 or more")


def test_does_not_fire_at_the_minimum_unless_more_is_asked_for() -> None:
    assert verdicts(CHECK, with_rounds(4096))[BOB] is Verdict.PASS
    assert BOB in {each.subject for each in look(CHECK, with_rounds(4096), least=10_000).findings}


def test_cannot_see_rounds_that_were_not_told() -> None:
    assert verdicts(CHECK, with_rounds(None))[BOB] is Verdict.UNKNOWN
    assert look(CHECK, hide(healthy(), "user")).counts[Verdict.UNKNOWN] == 1


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, healthy(), with_rounds(1024)) == []
