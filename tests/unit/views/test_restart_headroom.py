from __future__ import annotations

import random
from typing import Any

import pytest

from kastellan.engine.needs import Need
from kastellan.engine.resolver import Resolver
from kastellan.model.snapshot import Snapshot
from kastellan.model.table import Unseen
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.reassignments import Reassignments
from kastellan.model.tables.replicas import Replicas
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.testing.missing_data_kit import leaks_of
from kastellan.testing.snapshots import add, edit, failed_answer, healthy, rebuilt
from kastellan.views.catalogue import all_views
from kastellan.views.restart_headroom import RestartHeadroom

ONE = {"topic": "orders", "partition": 1}
"""On brokers 2, 3 and 1."""


def rows(snapshot: Snapshot) -> dict[int, dict[str, Any]]:
    view = Resolver(snapshot, all_views()).get(Need("headroom", RestartHeadroom))
    assert isinstance(view, RestartHeadroom)
    return {each["broker"]: each for each in view.df.to_dicts() if each["topic"] == "orders" and each["partition"] == 1}


def told(snapshot: Snapshot, column: str) -> dict[int, bool | None]:
    return {broker: row[column] for broker, row in rows(snapshot).items()}


def test_a_whole_partition_bears_the_restart_of_any_broker() -> None:
    assert told(healthy(), "would_refuse") == {1: False, 2: False, 3: False}
    assert told(healthy(), "in_sync_left") == {1: 2, 2: 2, 3: 2}
    assert told(healthy(), "moving") == {1: False, 2: False, 3: False}


def test_at_the_minimum_only_the_brokers_in_sync_are_needed() -> None:
    snapshot = edit(healthy(), Replicas, {**ONE, "broker": 2}, in_sync=False)
    assert told(snapshot, "would_refuse") == {1: True, 2: False, 3: True}
    assert told(snapshot, "would_go_offline") == {1: False, 2: False, 3: False}
    assert rows(snapshot)[1]["missing"] == [2]
    assert not rows(snapshot)[1]["without_spare"]


def test_a_partition_that_refuses_already_cannot_be_made_to_refuse() -> None:
    snapshot = edit(edit(healthy(), Replicas, {**ONE, "broker": 2}, in_sync=False), Replicas, {**ONE, "broker": 1}, in_sync=False)
    assert told(snapshot, "refuses_now") == {1: True, 2: True, 3: True}
    assert told(snapshot, "would_refuse") == {1: False, 2: False, 3: False}
    assert told(snapshot, "would_go_offline") == {1: False, 2: False, 3: True}


def test_a_partition_without_a_leader_is_offline_already() -> None:
    snapshot = edit(healthy(rf=1), Partitions, ONE, leader=-1)
    assert told(snapshot, "would_go_offline") == {2: False}
    assert told(snapshot, "would_refuse") == {2: False}
    assert told(healthy(rf=1), "would_go_offline") == {2: True}


def test_where_the_minimum_is_the_number_of_replicas_no_restart_is_ever_borne() -> None:
    assert told(healthy(rf=2), "would_refuse") == {2: True, 3: True}
    assert told(healthy(rf=2), "without_spare") == {2: True, 3: True}


def test_a_replica_that_is_being_added_counts_once_it_is_in_sync() -> None:
    snapshot = edit(healthy(), Replicas, {**ONE, "broker": 2}, in_sync=False)
    moving = add(snapshot, Reassignments, {**ONE, "broker": 2, "adding": True})
    assert told(moving, "would_refuse") == {1: True, 2: False, 3: True}
    assert told(moving, "moving") == {1: True, 2: True, 3: True}
    arrived = add(healthy(), Reassignments, {**ONE, "broker": 2, "adding": True})
    assert told(arrived, "would_refuse") == {1: False, 2: False, 3: False}


def test_a_target_set_without_a_spare_is_told_before_it_takes_over() -> None:
    shrinking = add(healthy(), Reassignments, {**ONE, "broker": 2, "adding": False})
    assert told(shrinking, "would_refuse") == {1: True, 2: False, 3: True}


def test_what_rests_on_an_unseen_value_is_null() -> None:
    assert told(edit(healthy(), TopicConfigs, {"topic": "orders"}, value=None), "would_refuse") == {1: None, 2: None, 3: None}
    snapshot = edit(healthy(), Replicas, {**ONE, "broker": 2}, in_sync=None)
    assert told(snapshot, "would_refuse") == {1: None, 2: None, 3: None}
    snapshot, answer = failed_answer(healthy())
    snapshot = snapshot.with_table(rebuilt(Reassignments, Reassignments.empty().df, (Unseen(answer, "topic"),)))
    assert told(snapshot, "moving") == {1: None, 2: None, 3: None}
    # A smaller target set may be about to take over.
    assert told(snapshot, "would_refuse") == {1: None, 2: None, 3: None}


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    moving = add(healthy(), Reassignments, {**ONE, "broker": 2, "adding": True}, {**ONE, "broker": 3, "adding": False})
    for snapshot in (healthy(topics={"orders": 1}, rf=1), edit(moving, Replicas, {**ONE, "broker": 2}, in_sync=False)):
        assert leaks_of(RestartHeadroom, snapshot, all_views(), random.Random(7), rounds=4) == []
