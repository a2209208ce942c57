"""Each cause: holds, the nearest case in which it does not, and what it does when it cannot see."""

from __future__ import annotations

import msgspec
import pytest

from kastellan.checks.catalogue import all_checks
from kastellan.checks.evaluate import evaluate_all
from kastellan.diagnosis.cause import all_causes
from kastellan.diagnosis.engine import Diagnosed, diagnose
from kastellan.model.diagnosis import CauseFound
from kastellan.model.finding import CheckResult, Finding, Severity, Verdict, Waived
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.api_versions import ApiVersions
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.reassignments import Reassignments
from kastellan.model.tables.replicas import Replicas
from kastellan.reference.reference_data import packaged_releases
from kastellan.testing.snapshots import AT_MS, add, edit, failed_answer, healthy
from kastellan.views.catalogue import all_views

pytestmark = pytest.mark.examines

MINUTE_MS = 60_000
# Causes speak of these; the other checks would be judged in every test and read in none.
JUDGED = {
    name: each
    for name, each in all_checks().items()
    if each.check.family in {"brokers", "replication", "controller", "topology", "transactions"}
}


def collect_or_load(minutes_ago: float = 0, away: int | None = None, **broker) -> Snapshot:
    """A look at a cluster in which one broker is away, if any."""
    snapshot = healthy(at_ms=AT_MS - round(minutes_ago * MINUTE_MS))
    if away is None:
        return snapshot
    told = {"fenced": True, "listed": False, "reached": False, "trouble": "refused", "reason": "nothing listens"} | broker
    snapshot = edit(snapshot, Brokers, {"broker": away}, **told)
    return edit(snapshot, Replicas, {"broker": away}, in_sync=False, offline=True)


def diagnosed(snapshot: Snapshot, results: tuple[CheckResult, ...] | None = None) -> Diagnosed:
    judged = evaluate_all(snapshot, JUDGED, all_views(packaged_releases())) if results is None else results
    return diagnose(judged, snapshot, all_causes(), all_views(packaged_releases()))


def only(snapshot: Snapshot) -> dict[str, CauseFound]:
    return {each.cause: each for each in diagnosed(snapshot).causes}


def severities(told: Diagnosed, check: str) -> set[Severity]:
    return {each.severity for result in told.results for each in result.findings if each.check == check}


def found(check: str, subject: Subject, severity: Severity = Severity.WARNING) -> CheckResult:
    finding = Finding(check=check, subject=subject, severity=severity, observed="seen", expected="wanted")
    return CheckResult(check=check, counts={Verdict.FAIL: 1}, findings=(finding,))


def test_a_healthy_cluster_has_no_cause():
    assert diagnosed(collect_or_load().after(collect_or_load(5), collect_or_load(10))).causes == ()


# broker_down


def test_a_broker_that_is_down_explains_what_follows_from_it():
    cause = only(collect_or_load(away=2))["broker_down"]
    assert cause.subject == Subject("broker", (2,))
    assert cause.title == "Broker's process is gone"
    assert [each for each, _ in cause.rests_on] == ["brokers.fenced", "brokers.unreachable"]
    assert {each for each, _ in cause.explains} >= {"replication.under_replicated", "replication.at_min_isr"}
    assert cause.against == ()
    assert not cause.expected


@pytest.mark.parametrize(
    ("met", "title"),
    [
        ({"trouble": "silent"}, "Broker is frozen or cut off"),
        ({"reached": True, "trouble": None}, "Broker runs and is out of the cluster"),
        ({"reached": None, "trouble": None}, "Broker is down"),
        ({"trouble": "unresolved"}, "Broker is down"),
    ],
)
def test_how_a_broker_meets_us_says_which_way_it_went(met, title):
    assert only(collect_or_load(away=2, **met))["broker_down"].title == title


def test_replicas_on_a_broker_that_is_not_registered_are_moved_and_the_broker_is_not_started():
    cause = only(collect_or_load(away=2, fenced=None, registered=False, reached=None))["broker_down"]
    assert cause.title == "Replicas are on a broker that is not registered"
    assert cause.do.startswith("Move its replicas to brokers that are there")
    assert "Do not start an empty broker" in cause.do_not
    assert cause.undo.startswith("Cancel the reassignment")


def test_replicas_still_in_the_isr_speak_against_a_broker_that_is_down():
    cause = only(edit(collect_or_load(away=2), Replicas, {"broker": 2, "topic": "orders"}, in_sync=True))["broker_down"]
    assert "still in the ISR of 3 partitions" in cause.against[0]


def test_a_registration_without_replicas_is_no_broker_that_is_down():
    snapshot = collect_or_load()
    told = {"broker": 9, "listed": False, "fenced": True, "registered": True, "reached": False, "reason": "", "answer": 1}
    assert "broker_down" not in only(add(snapshot, Brokers, told))


def test_a_waived_broker_explains_nothing():
    def waived(result: CheckResult) -> CheckResult:
        by = Waived("ops", "a drill", "2999-01-01")
        return msgspec.structs.replace(
            result, findings=tuple(msgspec.structs.replace(each, waived=by) for each in result.findings)
        )

    judged = evaluate_all(collect_or_load(away=2), all_checks(), all_views(packaged_releases()))
    accepted = tuple(waived(each) if each.check == "brokers.fenced" else each for each in judged)
    assert "broker_down" not in {each.cause for each in diagnosed(collect_or_load(away=2), accepted).causes}


# broker_unreachable


def test_brokers_that_are_live_and_out_of_reach_are_one_cause():
    snapshot = edit(collect_or_load(), Brokers, {"broker": 2}, reached=False, trouble="unreachable")
    one = only(snapshot)["broker_unreachable"]
    assert one.subject == Subject("broker", (2,))
    both = only(edit(snapshot, Brokers, {"broker": 3}, reached=False, trouble="unreachable"))["broker_unreachable"]
    assert both.subject == Subject("cluster", ())
    assert both.title.startswith("2 brokers")
    assert len(both.rests_on) == 2


def test_a_broker_out_of_reach_and_out_of_the_isr_is_not_only_a_matter_of_the_way():
    snapshot = edit(collect_or_load(), Brokers, {"broker": 2}, reached=False, trouble="silent")
    snapshot = edit(snapshot, Replicas, {"broker": 2, "topic": "orders"}, in_sync=False)
    assert "out of the ISR" in only(snapshot)["broker_unreachable"].against[0]


def test_nobody_is_called_live_whom_the_cluster_does_not_call_so():
    unknown = edit(collect_or_load(), Brokers, {"broker": 2}, reached=False, trouble="silent", fenced=None, listed=None)
    assert "broker_unreachable" not in only(unknown)
    assert "broker_unreachable" not in only(collect_or_load(away=2))


# roll_in_progress


def rolling(**broker) -> Snapshot:
    """Broker 1 was away ten minutes ago and is back; broker 2 is away now and was live a minute ago."""
    return collect_or_load(away=2, **broker).after(collect_or_load(1), collect_or_load(10, away=1), collect_or_load(20))


def test_a_roll_is_recognised_and_its_broker_is_no_alarm():
    told = diagnosed(rolling())
    roll = told.causes[0]
    assert roll.cause == "roll_in_progress"
    assert roll.expected
    assert roll.against == ()
    assert "broker 1 (away at" in roll.says
    assert severities(told, "brokers.fenced") == {Severity.WARNING}
    assert severities(told, "replication.at_min_isr") == {Severity.WARNING}
    assert "broker_down" not in {each.cause for each in told.causes}


def test_a_roll_that_hurts_clients_stays_an_error():
    snapshot = edit(collect_or_load(away=2), Replicas, {"broker": 3, "topic": "orders"}, in_sync=False)
    told = diagnosed(snapshot.after(collect_or_load(1), collect_or_load(10, away=1), collect_or_load(20)))
    assert told.causes[0].cause == "roll_in_progress"
    assert severities(told, "replication.under_min_isr") == {Severity.ERROR}


def test_the_first_broker_that_goes_is_a_crash():
    told = diagnosed(collect_or_load(away=2).after(collect_or_load(1), collect_or_load(10), collect_or_load(20)))
    assert {each.cause for each in told.causes} == {"broker_down"}
    assert severities(told, "brokers.fenced") == {Severity.ERROR}


@pytest.mark.parametrize(
    ("snapshot", "against"),
    [
        (edit(collect_or_load(away=2), Brokers, {"broker": 3}, fenced=True, listed=False), "2 brokers are away at once"),
        (edit(collect_or_load(away=2), Brokers, {"broker": 3}, fenced=None, listed=None), "was not seen"),
    ],
)
def test_nothing_is_excused_when_more_are_away_or_may_be(snapshot, against):
    told = diagnosed(snapshot.after(collect_or_load(1), collect_or_load(10, away=1), collect_or_load(20)))
    assert against in " ".join(told.causes[0].against)
    assert Severity.ERROR in severities(told, "brokers.fenced")


@pytest.mark.parametrize(
    ("earlier", "against"),
    [
        ((collect_or_load(15), collect_or_load(20, away=1)), "may be away for 15"),
        ((collect_or_load(1), collect_or_load(5, away=2), collect_or_load(10, away=1)), "is away again"),
        ((collect_or_load(1, away=2), collect_or_load(20, away=1, fenced=True)), "may be away for 20"),
        ((collect_or_load(10, away=1),), ""),
    ],
)
def test_a_broker_that_stays_away_or_goes_again_is_not_excused(earlier, against):
    told = diagnosed(collect_or_load(away=2).after(*earlier))
    roll = told.causes[0]
    assert against in " ".join(roll.against)
    assert severities(told, "brokers.fenced") == ({Severity.ERROR} if against else {Severity.WARNING})


def test_a_version_that_could_not_be_read_is_no_difference():
    for lost in ({"max_version": None}, {"api_key": None, "max_version": None}):
        told = diagnosed(edit(collect_or_load(away=2), ApiVersions, {"broker": 1, "api_key": 3}, **lost))
        assert "roll_in_progress" not in {each.cause for each in told.causes}


def test_an_upgrade_is_a_roll_of_which_no_earlier_broker_was_seen():
    snapshot = edit(collect_or_load(away=2), ApiVersions, {"broker": 1, "api_key": 3}, max_version=99)
    told = diagnosed(snapshot.after(collect_or_load(1)))
    assert told.causes[0].cause == "roll_in_progress"
    assert "different API versions" in told.causes[0].says


# reassignment_in_progress


def moving(snapshot: Snapshot) -> Snapshot:
    return add(snapshot, Reassignments, {"topic": "orders", "partition": 1, "broker": 3, "adding": True, "answer": 1})


def test_a_reassignment_is_told_though_it_explains_nothing():
    cause = only(moving(collect_or_load()))["reassignment_in_progress"]
    assert cause.expected
    assert "1 partition being moved, 1 replica" in cause.says


def test_a_reassignment_explains_what_is_uneven_and_not_a_lost_replica():
    imbalance = found("replication.leader_imbalance", Subject("cluster", ()))
    lost = found("replication.under_replicated", Subject("partition", ("orders", 1)))
    cause = diagnosed(moving(collect_or_load()), (imbalance, lost)).causes[0]
    assert cause.explains == (("replication.leader_imbalance", Subject("cluster", ())),)


def test_a_move_that_is_stuck_speaks_against_it():
    stuck = found("replication.reassignment_stuck", Subject("partition", ("orders", 1)))
    cause = diagnosed(moving(collect_or_load()), (stuck,)).causes[0]
    assert cause.against == ("1 move without progress",)


def test_moves_that_could_not_be_listed_are_no_reassignment():
    snapshot, answer = failed_answer(collect_or_load())
    assert "reassignment_in_progress" not in only(add(snapshot, Reassignments, {"topic": "orders", "answer": answer}))


# open_transaction


def test_an_open_transaction_explains_the_readers_of_its_partitions():
    snapshot = collect_or_load()
    partitions = snapshot.tables["transaction_partitions"]
    snapshot = add(
        snapshot, type(partitions), {"transactional_id": "pay", "topic": "orders", "partition": 1, "start_offset": 5, "answer": 1}
    )
    held = Subject("group_partition", ("billing", "orders", 1))
    free = Subject("group_partition", ("billing", "orders", 2))
    open_ = found("transactions.open_without_owner", Subject("transaction", ("pay",)))
    stalled = found("groups.stalled_partition", held)
    both = msgspec.structs.replace(
        stalled, findings=(*stalled.findings, msgspec.structs.replace(stalled.findings[0], subject=free))
    )
    cause = diagnosed(snapshot, (open_, both)).causes[0]
    assert cause.cause == "open_transaction"
    assert cause.explains == (("groups.stalled_partition", held),)
    assert diagnosed(snapshot, (open_,)).causes == ()
    remark = found("transactions.open_without_owner", Subject("transaction", ("pay",)), Severity.INFO)
    assert diagnosed(snapshot, (remark, both)).causes == ()
