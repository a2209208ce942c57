"""A log directory that the broker cannot use."""

from __future__ import annotations

import random

import pytest

from kastellan.checks.catalogue import registered_check
from kastellan.checks.evaluate import evaluate_one
from kastellan.checks.families.storage import log_dir_offline
from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.log_dirs import LogDirs
from kastellan.testing.missing_data_kit import broken_by
from kastellan.testing.snapshots import add, drop, edit, failed_answer, healthy
from kastellan.views.catalogue import all_views

JUDGEMENT = registered_check(log_dir_offline)


def failed(snapshot: Snapshot) -> Snapshot:
    """Broker 3 has a second directory, which is offline."""
    return add(snapshot, LogDirs, {"broker": 3, "path": "/data2", "online": False, "error": "KAFKA_STORAGE_ERROR"})


def test_fires_for_the_directory_and_not_for_its_neighbour() -> None:
    result = evaluate_one(JUDGEMENT, failed(healthy()), all_views())
    (finding,) = result.findings
    assert finding.subject == Subject("log_dir", (3, "/data2"))
    assert finding.severity is Severity.ERROR
    assert finding.observed == "/data2 on broker 3 is offline: KAFKA_STORAGE_ERROR"
    assert result.counts == {Verdict.PASS: 3, Verdict.FAIL: 1}


def test_does_not_fire_when_every_directory_is_online() -> None:
    assert evaluate_one(JUDGEMENT, healthy(), all_views()).counts == {Verdict.PASS: 3}


def test_cannot_see_a_broker_that_did_not_answer_is_unknown_with_its_reason() -> None:
    snapshot, answer = failed_answer(healthy(), broker=2)
    snapshot = add(drop(snapshot, LogDirs, {"broker": 2}), LogDirs, {"broker": 2, "answer": answer})
    result = evaluate_one(JUDGEMENT, snapshot, all_views())
    (doubt,) = result.unknown
    assert doubt.examples == (Subject("log_dir", (2, None)),)
    assert "it did not answer in time" in doubt.reason
    assert not result.findings


def test_another_error_says_nothing_about_the_directory() -> None:
    snapshot = edit(healthy(), LogDirs, {"broker": 1}, online=None, error="UNKNOWN_SERVER_ERROR")
    (doubt,) = evaluate_one(JUDGEMENT, snapshot, all_views()).unknown
    assert doubt.reason == "the broker answered UNKNOWN_SERVER_ERROR for the directory"


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    for snapshot in (healthy(), failed(healthy())):
        assert broken_by(JUDGEMENT, snapshot, all_views(), random.Random(7)) == []
