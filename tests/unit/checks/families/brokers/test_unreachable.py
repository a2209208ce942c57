from __future__ import annotations

from kastellan.checks.catalogue import all_checks
from kastellan.checks.evaluate import evaluate_one
from kastellan.model.finding import CheckResult, Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.brokers import Brokers
from kastellan.testing.cases import look_with_explanations
from kastellan.testing.snapshots import edit, healthy
from kastellan.views.catalogue import all_views

CHECK = "brokers.unreachable"


def look(snapshot: Snapshot, **settings: float) -> CheckResult:
    return evaluate_one(all_checks()[CHECK], snapshot, all_views(), settings)


SILENT = {"reached": False, "trouble": "silent", "reason": "no byte came within 3 s"}


def test_fires_as_a_warning_while_the_cluster_says_that_it_lives() -> None:
    (found,) = look(edit(healthy(), Brokers, {"broker": 2}, **SILENT)).findings
    assert (found.subject, found.severity) == (Subject("broker", (2,)), Severity.WARNING)
    assert found.observed == "silent from here (no byte came within 3 s); the cluster says: it is live"
    assert found.expected == "an answer at the advertised address 127.0.0.1:9002"


def test_fires_as_a_remark_under_the_fenced_broker() -> None:
    snapshot = edit(healthy(), Brokers, {"broker": 2}, **SILENT, fenced=True, listed=False)
    (found,) = look_with_explanations(CHECK, snapshot).findings
    assert found.severity is Severity.INFO
    assert found.explained_by == (("brokers.fenced", Subject("broker", (2,))),)


def test_does_not_fire_on_an_answer_however_late() -> None:
    assert look(edit(healthy(), Brokers, {"broker": 2}, answer_ms=20_000)).counts == {Verdict.PASS: 3}


def test_cannot_see_a_broker_that_was_not_asked() -> None:
    result = look(edit(healthy(), Brokers, {"broker": 2}, reached=None, host=None, listed=False))
    assert result.counts == {Verdict.PASS: 2, Verdict.UNKNOWN: 1}
    assert result.unknown[0].reason == "it was not asked: the cluster names no address for it"
