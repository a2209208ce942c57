from __future__ import annotations

import random

import pytest

from kastellan.checks.catalogue import all_checks
from kastellan.checks.evaluate import evaluate_one, subjects_of
from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.reassignments import Reassignments
from kastellan.model.tables.replicas import Replicas
from kastellan.testing.cases import look_with_explanations
from kastellan.testing.missing_data_kit import broken_by
from kastellan.testing.snapshots import add, edit, healthy
from kastellan.views.catalogue import all_views

CHECK = "replication.broker_out_of_step"
JUDGEMENT = all_checks()[CHECK]
THREE = Subject("broker", (3,))
LED_BY = {1: ("orders", 0), 2: ("orders", 1), 3: ("orders", 2)}


def verdicts(snapshot: Snapshot) -> dict[int, Verdict]:
    return {int(each.key[0] or 0): verdict for each, verdict in subjects_of(JUDGEMENT, snapshot, all_views()).items()}


def behind(snapshot: Snapshot, leader: int, follower: int, **values: object) -> Snapshot:
    topic, number = LED_BY[leader]
    return edit(snapshot, Replicas, {"topic": topic, "partition": number, "broker": follower}, **(values or {"in_sync": False}))


def apart() -> Snapshot:
    """Broker 3 follows neither of the two others."""
    return behind(behind(healthy(), 1, 3), 2, 3)


def test_fires_on_a_live_broker_that_follows_neither_of_two_peers() -> None:
    (found,) = evaluate_one(JUDGEMENT, apart(), all_views()).findings
    assert (found.subject, found.severity) == (THREE, Severity.WARNING)
    assert (
        found.observed == "live, yet 2 replicas of its own and 0 replicas of its followers are out of sync, between it and 1, 2"
    )


def test_fires_where_nobody_follows_it_and_explains_that() -> None:
    snapshot = behind(behind(healthy(), 3, 1), 3, 2)
    assert [each.subject for each in look_with_explanations(CHECK, snapshot).findings] == [THREE]
    (short,) = look_with_explanations("replication.under_replicated", snapshot).findings
    assert short.explained_by == ((CHECK, THREE),)


def test_explains_what_it_should_follow_and_what_should_follow_it() -> None:
    snapshot = behind(apart(), 3, 2)
    told = look_with_explanations("replication.under_replicated", snapshot).findings
    assert {each.subject.key for each in told} == set(LED_BY.values())
    assert {each.explained_by for each in told} == {((CHECK, THREE),)}
    assert all(
        (CHECK, THREE) in each.explained_by
        for each in look_with_explanations("replication.no_headroom_for_restart", snapshot).findings
    )


def test_does_not_fire_on_one_pair_because_nobody_knows_whose_fault_it_is() -> None:
    assert set(verdicts(healthy()).values()) == {Verdict.PASS}
    assert set(verdicts(behind(behind(healthy(), 1, 3), 3, 1)).values()) == {Verdict.PASS}
    assert set(verdicts(behind(healthy(brokers=2), 1, 2)).values()) == {Verdict.PASS}


def test_does_not_fire_on_the_peers_of_two_such_brokers_in_a_larger_cluster() -> None:
    snapshot = healthy(brokers=6, topics={"orders": 6}, rf=6)
    for bad in (1, 2):
        for number in range(6):
            snapshot = edit(snapshot, Replicas, {"topic": "orders", "partition": number, "broker": bad}, in_sync=False)
    told = verdicts(snapshot)
    assert {each for each, verdict in told.items() if verdict is Verdict.FAIL} == {1, 2}


def test_a_broker_that_is_away_is_not_judged_and_is_no_peer() -> None:
    told = verdicts(edit(apart(), Brokers, {"broker": 3}, fenced=True, listed=False))
    assert told == {1: Verdict.PASS, 2: Verdict.PASS, 3: Verdict.NOT_APPLICABLE}
    assert verdicts(edit(apart(), Brokers, {"broker": 2}, fenced=True, listed=False))[3] is Verdict.PASS


def test_what_is_added_or_lies_on_a_failed_directory_is_not_counted() -> None:
    topic, number = LED_BY[2]
    adding = add(apart(), Reassignments, {"topic": topic, "partition": number, "broker": 3, "adding": True})
    assert verdicts(adding)[3] is Verdict.PASS
    assert verdicts(behind(apart(), 2, 3, in_sync=False, offline=True))[3] is Verdict.PASS


def test_cannot_see_who_leads_or_who_follows() -> None:
    topic, number = LED_BY[2]
    assert verdicts(edit(apart(), Partitions, {"topic": topic, "partition": number}, leader=None))[3] is Verdict.UNKNOWN
    assert verdicts(behind(apart(), 2, 3, in_sync=None))[3] is Verdict.UNKNOWN
    assert verdicts(edit(apart(), Brokers, {"broker": 3}, fenced=None, listed=None))[3] is Verdict.UNKNOWN
    assert verdicts(edit(apart(), Brokers, {"broker": 2}, fenced=None, listed=None))[3] is Verdict.UNKNOWN
    # Before Kafka 4.0 nobody tells what is fenced; Metadata lists the live ones.
    assert verdicts(edit(apart(), Brokers, {}, fenced=None))[3] is Verdict.FAIL


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    larger = edit(healthy(brokers=5, rf=4), Replicas, {"broker": 2}, in_sync=False)
    for snapshot in (healthy(), apart(), behind(apart(), 3, 1), larger):
        assert broken_by(JUDGEMENT, snapshot, all_views(), random.Random(7), rounds=4) == []


def test_a_broker_that_is_not_live_is_not_judged_and_one_of_which_that_was_not_seen_is_unknown() -> None:
    away = edit(healthy(), Brokers, {"broker": 3}, listed=False, fenced=None)
    assert verdicts(away)[3] is Verdict.NOT_APPLICABLE
    unseen = edit(healthy(), Brokers, {"broker": 3}, listed=None, fenced=None)
    assert verdicts(unseen)[3] is Verdict.UNKNOWN
