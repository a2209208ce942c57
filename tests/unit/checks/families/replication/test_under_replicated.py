from __future__ import annotations

from kastellan.checks.catalogue import all_checks
from kastellan.checks.evaluate import evaluate_one
from kastellan.model.finding import CheckResult, Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.table import Unseen
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.reassignments import Reassignments
from kastellan.model.tables.replicas import Replicas
from kastellan.testing.cases import look_with_explanations
from kastellan.testing.snapshots import add, edit, failed_answer, healthy, rebuilt
from kastellan.views.catalogue import all_views

CHECK = "replication.under_replicated"


def look(snapshot: Snapshot, **settings: float) -> CheckResult:
    return evaluate_one(all_checks()[CHECK], snapshot, all_views(), settings)


ORDERS_1 = {"topic": "orders", "partition": 1}


def behind() -> Snapshot:
    return edit(healthy(), Replicas, {**ORDERS_1, "broker": 2}, in_sync=False)


def test_fires_on_a_replica_that_does_not_follow() -> None:
    (found,) = look(behind()).findings
    assert (found.subject, found.severity) == (Subject("partition", ("orders", 1)), Severity.WARNING)
    assert found.observed == "2 of 3 replicas in sync; missing on 2"


def test_fires_under_the_broker_that_is_away() -> None:
    snapshot = edit(behind(), Brokers, {"broker": 2}, fenced=True, listed=False)
    (found,) = look_with_explanations(CHECK, snapshot).findings
    assert found.explained_by == (("brokers.fenced", Subject("broker", (2,))),)


def test_does_not_fire_when_all_follow() -> None:
    assert look(healthy()).counts == {Verdict.PASS: 6}


def test_does_not_fire_while_a_reassignment_adds_the_replica() -> None:
    snapshot = add(behind(), Reassignments, {**ORDERS_1, "broker": 2, "adding": True})
    assert look(snapshot).counts == {Verdict.PASS: 6}


def test_fires_when_a_replica_that_goes_is_away_and_nothing_has_replaced_it() -> None:
    snapshot = add(behind(), Reassignments, {**ORDERS_1, "broker": 2, "adding": False})
    assert len(look(snapshot).findings) == 1


def test_cannot_see_an_isr_that_was_not_told() -> None:
    result = look(edit(healthy(), Replicas, {**ORDERS_1, "broker": 2}, in_sync=None))
    assert result.counts == {Verdict.PASS: 5, Verdict.UNKNOWN: 1}


def test_cannot_see_whether_it_is_being_added_when_reassignments_were_not_told() -> None:
    snapshot, answer = failed_answer(behind())
    table = snapshot.tables["reassignments"]
    snapshot = snapshot.with_table(rebuilt(Reassignments, table.df, (Unseen(answer, "topic"),)))
    # Where every replica is in sync nothing is missing, whatever is being added.
    assert look(snapshot).counts == {Verdict.PASS: 5, Verdict.UNKNOWN: 2}


def test_says_which_of_the_missing_replicas_are_on_an_unregistered_broker() -> None:
    snapshot = edit(behind(), Brokers, {"broker": 2}, registered=False, listed=False, fenced=None)
    (found,) = look(snapshot).findings
    assert found.observed == "2 of 3 replicas in sync; missing on 2 (not registered: 2)"
    assert "move them to other brokers" in all_checks()[CHECK].check.do
