"""Features that an upgrade left off."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.tables.api_versions import ApiVersions
from kastellan.model.tables.features import Features
from kastellan.testing.cases import breaches, look
from kastellan.testing.snapshots import add, drop, edit, healthy, hide

CHECK = "controller.feature_level_behind"


def levels(transactions: int | None, groups: int | None = 1) -> Snapshot:
    """Two features with their levels in force; transactions may have 2, groups 1."""
    return add(
        healthy(),
        Features,
        {"feature": "transaction.version", "finalized_level": transactions, "supported_min": 0, "supported_max": 2},
        {"feature": "group.version", "finalized_level": groups, "supported_min": 0, "supported_max": 1},
    )


def test_fires_as_a_remark_that_names_each() -> None:
    (found,) = look(CHECK, levels(0, 0)).findings
    assert found.severity is Severity.INFO
    assert found.observed == "transaction.version is 0 of 2, group.version is 0 of 1"


def test_does_not_fire_where_all_are_in_force() -> None:
    assert look(CHECK, levels(2)).counts == {Verdict.PASS: 1}
    assert look(CHECK, healthy()).counts == {Verdict.PASS: 1}


def test_a_preview_is_not_judged() -> None:
    preview = {"feature": "share.version", "finalized_level": 0, "supported_min": 0, "supported_max": 1}
    assert look(CHECK, add(levels(2), Features, preview)).counts == {Verdict.PASS: 1}


def test_nothing_is_said_while_two_releases_run() -> None:
    assert look(CHECK, edit(levels(0), ApiVersions, {"broker": 3}, max_version=12)).counts == {Verdict.NOT_APPLICABLE: 1}


def test_cannot_see_a_level_or_a_broker_is_unknown() -> None:
    assert look(CHECK, levels(None)).counts == {Verdict.UNKNOWN: 1}
    assert look(CHECK, drop(levels(0), ApiVersions, {"broker": 2})).counts == {Verdict.UNKNOWN: 1}
    assert Verdict.PASS not in look(CHECK, hide(levels(2), "feature")).counts


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, levels(0)) == []
