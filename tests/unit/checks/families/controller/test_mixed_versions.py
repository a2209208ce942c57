"""Brokers of different releases."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.api_versions import ApiVersions
from kastellan.model.tables.brokers import Brokers
from kastellan.testing.cases import breaches, look
from kastellan.testing.snapshots import AT_MS, drop, edit, healthy

CHECK = "controller.mixed_versions"


def mixed(at_ms: int = AT_MS) -> Snapshot:
    """Broker 3 is of an older release."""
    return edit(healthy(at_ms=at_ms), ApiVersions, {"broker": 3}, max_version=12)


def test_fires_as_a_remark_and_names_the_older_ones() -> None:
    (found,) = look(CHECK, mixed()).findings
    assert (found.subject, found.severity) == (Subject("cluster", ()), Severity.INFO)
    assert found.observed == "2 sets of request versions: 1, 2; older: 3"


def test_fires_as_a_warning_where_it_lasted_longer_than_a_roll() -> None:
    (found,) = look(CHECK, mixed().after(mixed(AT_MS - 3_600_000))).findings
    assert found.severity is Severity.WARNING
    assert found.observed.endswith("; it was so 1 h before, or longer")
    (fresh,) = look(CHECK, mixed().after(healthy(at_ms=AT_MS - 3_600_000))).findings
    assert fresh.severity is Severity.INFO


def test_does_not_fire_where_all_speak_the_same() -> None:
    assert look(CHECK, healthy()).counts == {Verdict.PASS: 1}


def test_a_broker_that_is_away_has_no_part_in_it() -> None:
    away = edit(drop(healthy(), ApiVersions, {"broker": 3}), Brokers, {"broker": 3}, fenced=True)
    assert look(CHECK, away).counts == {Verdict.PASS: 1}


def test_cannot_see_a_live_broker_is_unknown_unless_two_others_differ() -> None:
    assert look(CHECK, drop(healthy(), ApiVersions, {"broker": 2})).counts == {Verdict.UNKNOWN: 1}
    assert look(CHECK, drop(mixed(), ApiVersions, {"broker": 2})).counts == {Verdict.FAIL: 1}


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, mixed()) == []
