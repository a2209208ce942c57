"""Replicas that should have one size."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.reassignments import Reassignments
from kastellan.model.tables.replica_sizes import ReplicaSizes
from kastellan.model.tables.replicas import Replicas
from kastellan.testing.cases import breaches, look, verdicts
from kastellan.testing.snapshots import GIB, add, drop, edit, failed_answer, healthy

CHECK = "storage.replica_larger_than_peers"
ONE = {"topic": "orders", "partition": 1}
ORDERS_1 = Subject("partition", ("orders", 1))


def sizes(on_2: int, others: int) -> Snapshot:
    """The replica of orders-1 on broker 2, and the other two."""
    return edit(edit(healthy(), ReplicaSizes, ONE, size_bytes=others), ReplicaSizes, {**ONE, "broker": 2}, size_bytes=on_2)


def test_fires_and_names_both() -> None:
    (found,) = look(CHECK, sizes(40 * GIB, 3 * GIB)).findings
    assert (found.subject, found.severity) == (ORDERS_1, Severity.WARNING)
    assert found.observed.startswith("40 GiB on broker 2, 3 GiB on broker ")


def test_does_not_fire_at_twice_the_size_nor_for_little() -> None:
    for on_2, others in ((8 * GIB, 4 * GIB), (GIB, 1000)):
        assert look(CHECK, sizes(on_2, others)).counts == {Verdict.PASS: 6}


def test_a_replica_that_is_being_added_or_out_of_sync_is_not_compared() -> None:
    behind = edit(sizes(0, 30 * GIB), Replicas, {**ONE, "broker": 2}, in_sync=False)
    assert look(CHECK, behind).counts == {Verdict.PASS: 6}
    moving = add(behind, Reassignments, {**ONE, "broker": 2, "adding": True})
    assert look(CHECK, moving).counts == {Verdict.PASS: 6}


def test_single_copies_are_not_judged() -> None:
    assert look(CHECK, healthy(rf=1)).counts == {Verdict.NOT_APPLICABLE: 6}


def test_cannot_see_one_of_the_sizes_is_unknown() -> None:
    assert verdicts(CHECK, edit(healthy(), ReplicaSizes, {**ONE, "broker": 2}, size_bytes=None))[ORDERS_1] is Verdict.UNKNOWN
    snapshot, answer = failed_answer(sizes(40 * GIB, 3 * GIB))
    silent = add(drop(snapshot, ReplicaSizes, {"broker": 1}), ReplicaSizes, {"broker": 1, "answer": answer})
    assert verdicts(CHECK, silent)[ORDERS_1] is Verdict.UNKNOWN


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, sizes(40 * GIB, 3 * GIB)) == []
