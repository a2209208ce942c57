"""Groups that do not become stable."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.groups import Groups
from kastellan.testing.cases import breaches, look
from kastellan.testing.snapshots import AT_MS, drop, edit, healthy

CHECK = "groups.rebalancing_too_long"
EARLIER = AT_MS - 120_000


def in_state(state: str | None, at_ms: int = AT_MS) -> Snapshot:
    return edit(healthy(at_ms=at_ms), Groups, {}, state=state)


def test_fires_where_both_looks_meet_a_rebalance() -> None:
    (found,) = look(CHECK, in_state("CompletingRebalance").after(in_state("PreparingRebalance", EARLIER))).findings
    assert (found.subject, found.severity) == (Subject("group", ("billing",)), Severity.WARNING)
    assert found.observed == "CompletingRebalance now, PreparingRebalance 2 min before; 2 members"


def test_does_not_fire_where_it_was_stable_before_or_did_not_exist() -> None:
    assert look(CHECK, in_state("PreparingRebalance").after(healthy(at_ms=EARLIER))).counts == {Verdict.PASS: 1}
    none = drop(healthy(at_ms=EARLIER), Groups, {})
    assert look(CHECK, in_state("PreparingRebalance").after(none)).counts == {Verdict.PASS: 1}


def test_a_stable_group_is_not_judged() -> None:
    assert look(CHECK, healthy()).counts == {Verdict.NOT_APPLICABLE: 1}


def test_cannot_see_without_an_earlier_look_asks_for_one() -> None:
    result = look(CHECK, in_state("PreparingRebalance"))
    assert result.counts == {Verdict.UNKNOWN: 1}
    assert result.unknown[0].reason.startswith("needs an earlier look: the group rebalances")
    assert look(CHECK, in_state(None)).counts == {Verdict.UNKNOWN: 1}


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, in_state("PreparingRebalance").after(in_state("PreparingRebalance", EARLIER))) == []
