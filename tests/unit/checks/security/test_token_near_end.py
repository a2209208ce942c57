"""Delegation tokens before their last day."""

from __future__ import annotations

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.delegation_tokens import DelegationTokens
from kastellan.testing.cases import breaches, look, verdicts
from kastellan.testing.snapshots import AT_MS, add, healthy, hide

CHECK = "security.token_near_end"
TOKEN = Subject("token", ("t-9",))
HOUR_MS = 3_600_000


def ending(in_hours: float | None) -> Snapshot:
    max_ms = None if in_hours is None else AT_MS + int(in_hours * HOUR_MS)
    return add(healthy(), DelegationTokens, {"token_id": "t-9", "owner": "User:spark", "expires_ms": AT_MS, "max_ms": max_ms})


def test_fires_as_a_remark_a_day_before_the_last_one() -> None:
    (found,) = look(CHECK, ending(2)).findings
    assert (found.subject, found.severity) == (TOKEN, Severity.INFO)
    assert found.observed == "the token of User:spark ends for good in 2 h"


def test_does_not_fire_while_it_can_be_renewed_for_days() -> None:
    assert verdicts(CHECK, ending(48))[TOKEN] is Verdict.PASS
    assert look(CHECK, ending(48), hours=72).findings


def test_one_that_has_ended_is_no_longer_judged() -> None:
    assert verdicts(CHECK, ending(-1))[TOKEN] is Verdict.NOT_APPLICABLE


def test_cannot_see_a_last_day_that_was_not_told() -> None:
    assert verdicts(CHECK, ending(None))[TOKEN] is Verdict.UNKNOWN
    assert look(CHECK, hide(healthy(), "token_id")).counts[Verdict.UNKNOWN] == 1


def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, healthy(), ending(2), ending(-1)) == []
