"""Two subscriptions in one group."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.members import Members
from kastellan.testing.cases import breaches, look
from kastellan.testing.snapshots import AT_MS, drop, edit, healthy

CHECK = "groups.different_subscriptions"
SECOND = {"member": "billing-1"}


def other(at_ms: int = AT_MS, **values: object) -> Snapshot:
    """The second member asks for something else than orders."""
    return edit(healthy(at_ms=at_ms), Members, SECOND, **(values or {"subscribed": "payments"}))


def test_fires_as_a_remark_in_one_look() -> None:
    (found,) = look(CHECK, other()).findings
    assert (found.subject, found.severity) == (Subject("group", ("billing",)), Severity.INFO)
    assert found.observed == "2 different subscriptions: orders; payments"


def test_fires_as_a_warning_where_it_outlasts_a_deployment() -> None:
    (found,) = look(CHECK, other().after(other(AT_MS - 900_000))).findings
    assert found.severity is Severity.WARNING
    assert found.observed.endswith("; so it was 15 min before, or longer")


def test_fires_on_a_regular_expression_beside_a_list() -> None:
    (found,) = look(CHECK, other(subscribed="", regex="pay.*")).findings
    assert found.observed == "2 different subscriptions: orders; regex pay.*"


def test_does_not_fire_where_all_ask_for_the_same() -> None:
    assert look(CHECK, healthy()).counts == {Verdict.PASS: 1}


def test_a_single_member_and_other_protocols_are_not_judged() -> None:
    alone = edit(drop(healthy(), Members, SECOND), Groups, {}, members=1)
    for snapshot in (alone, edit(other(), Groups, {}, protocol_type="connect")):
        assert look(CHECK, snapshot).counts == {Verdict.NOT_APPLICABLE: 1}


def test_cannot_see_a_subscription_is_unknown() -> None:
    assert look(CHECK, other(subscribed=None)).counts == {Verdict.UNKNOWN: 1}


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, other()) == []
