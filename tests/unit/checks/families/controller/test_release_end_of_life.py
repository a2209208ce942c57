"""Release lines that are no longer maintained."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import msgspec
import pytest

from kastellan.checks.catalogue import registered_check
from kastellan.checks.evaluate import evaluate_one
from kastellan.checks.families.controller import release_end_of_life
from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.broker_features import BrokerFeatures
from kastellan.reference.reference_data import packaged_releases
from kastellan.testing.missing_data_kit import broken_by
from kastellan.testing.snapshots import drop, edit, healthy, hide
from kastellan.views.catalogue import all_views

JUDGEMENT = registered_check(release_end_of_life)


def at(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() * 1000)


def running(level: int | None, broker: int = 2, day: str = "2026-12-01") -> Snapshot:
    return edit(healthy(at_ms=at(day)), BrokerFeatures, {"broker": broker}, supported_max=level)


def test_fires_as_a_remark_on_a_line_that_ended_lately() -> None:
    (found,) = evaluate_one(JUDGEMENT, running(26), all_views(packaged_releases())).findings
    assert found.subject == Subject("cluster", ())
    assert found.severity is Severity.INFO
    assert found.observed == "Kafka 4.1 on broker 2, maintained until 2026-11-07; release data of 2026-11-26"
    assert found.expected == "one of 4.2, 4.3, 4.4"


def test_fires_as_a_warning_on_one_that_ended_long_ago() -> None:
    (found,) = evaluate_one(JUDGEMENT, running(20), all_views(packaged_releases())).findings
    assert found.severity is Severity.WARNING
    assert found.observed.startswith("Kafka 3.8 on broker 2, maintained until 2025-09-04")
    (lately,) = evaluate_one(JUDGEMENT, running(20), all_views(packaged_releases()), {"grace_days": 2000}).findings
    assert lately.severity is Severity.INFO


@pytest.mark.parametrize("level", [28, 30, 33, 34])
def test_does_not_fire_on_a_maintained_line_nor_on_one_newer_than_the_data(level: int) -> None:
    assert evaluate_one(JUDGEMENT, running(level), all_views(packaged_releases())).counts == {Verdict.PASS: 1}


def test_cannot_see_a_broker_that_told_no_level() -> None:
    for snapshot in (running(None), drop(running(30), BrokerFeatures, {"broker": 2})):
        (doubt,) = evaluate_one(JUDGEMENT, snapshot, all_views(packaged_releases())).unknown
        assert doubt.reason == "a broker did not tell the release line of its software"


def test_one_that_has_ended_stays_a_finding_whatever_else_is_unseen() -> None:
    snapshot = edit(running(20), BrokerFeatures, {"broker": 3}, supported_max=None)
    assert evaluate_one(JUDGEMENT, hide(snapshot, "broker"), all_views(packaged_releases())).findings


def test_old_data_calls_no_line_maintained_and_still_knows_which_have_ended() -> None:
    (doubt,) = evaluate_one(JUDGEMENT, running(30, day="2027-07-01"), all_views(packaged_releases())).unknown
    assert doubt.reason.startswith("the release data is of 2026-11-26 and too old")
    assert evaluate_one(JUDGEMENT, running(20, day="2027-07-01"), all_views(packaged_releases())).findings
    assert evaluate_one(
        JUDGEMENT, running(30, day="2027-07-01"), all_views(packaged_releases()), {"max_age_days": 3650}
    ).counts == {Verdict.PASS: 1}


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    mixed = msgspec.structs.replace(running(20), at_ms=at("2027-07-01"))
    for snapshot in (healthy(), running(20), mixed):
        assert broken_by(JUDGEMENT, snapshot, all_views(packaged_releases()), random.Random(7)) == []
