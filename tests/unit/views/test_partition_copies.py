from __future__ import annotations

from typing import Any

from kastellan.engine.needs import Need
from kastellan.engine.resolver import Resolver
from kastellan.model.snapshot import Snapshot
from kastellan.model.table import Unseen
from kastellan.model.tables.reassignments import Reassignments
from kastellan.model.tables.replicas import Replicas
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.testing.snapshots import add, edit, failed_answer, healthy, rebuilt
from kastellan.views.catalogue import all_views
from kastellan.views.partition_copies import PartitionCopies

ONE = {"topic": "orders", "partition": 1}


def row(snapshot: Snapshot) -> dict[str, Any]:
    view = Resolver(snapshot, all_views()).get(Need("copies", PartitionCopies))
    assert isinstance(view, PartitionCopies)
    return next(each for each in view.df.to_dicts() if each["topic"] == "orders" and each["partition"] == 1)


def test_counts_replicas_and_names_those_that_do_not_follow() -> None:
    seen = row(edit(healthy(), Replicas, {**ONE, "broker": 2}, in_sync=False))
    assert (seen["replicas"], seen["target"], seen["in_sync"], seen["configured_min"], seen["effective_min"]) == (3, 3, 2, 2, 2)
    assert (seen["out_of_sync"], seen["missing"]) == ([2], [2])
    assert (row(healthy())["out_of_sync"], row(healthy())["missing"]) == ([], [])


def test_a_replica_that_is_being_added_is_out_of_sync_but_not_missing() -> None:
    snapshot = edit(healthy(), Replicas, {**ONE, "broker": 2}, in_sync=False)
    seen = row(add(snapshot, Reassignments, {**ONE, "broker": 2, "adding": True}))
    assert (seen["target"], seen["out_of_sync"], seen["missing"]) == (2, [2], [])


def test_the_effective_minimum_is_not_above_the_number_of_replicas() -> None:
    snapshot = edit(healthy(rf=2), TopicConfigs, {"topic": "orders", "config": "min.insync.replicas"}, value="5")
    assert (row(snapshot)["configured_min"], row(snapshot)["effective_min"]) == (5, 2)


def test_what_rests_on_an_unseen_value_is_null() -> None:
    seen = row(edit(healthy(), Replicas, {**ONE, "broker": 2}, in_sync=None))
    assert (seen["in_sync"], seen["out_of_sync"], seen["missing"], seen["target"]) == (None, None, None, 3)
    seen = row(edit(healthy(), TopicConfigs, {"topic": "orders"}, value=None))
    assert (seen["configured_min"], seen["effective_min"]) == (None, None)


def test_without_the_list_of_reassignments_only_the_target_set_is_unknown() -> None:
    snapshot, answer = failed_answer(edit(healthy(), Replicas, {**ONE, "broker": 2}, in_sync=False))
    none = rebuilt(Reassignments, Reassignments.empty().df, (Unseen(answer, "topic"),))
    seen = row(snapshot.with_table(none))
    assert (seen["target"], seen["missing"], seen["out_of_sync"], seen["in_sync"]) == (None, None, [2], 2)
