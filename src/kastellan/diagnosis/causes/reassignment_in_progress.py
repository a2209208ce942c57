"""Partitions are being moved.

**What it means.** The controller carries out reassignments: replicas are added, filled, and the old ones removed. Until
it is done the partitions have more replicas than usual, and disks and leaders are uneven. A partition that has lost one
of its old replicas meanwhile is told as ever: that is not what a move does.

**What speaks against it.** A move that makes no progress (replication.reassignment_stuck): what it causes is not excused.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from kastellan.diagnosis.cause import Cause
from kastellan.kernel.units import plural
from kastellan.model.diagnosis import CauseFound, Symptoms
from kastellan.model.subject import Subject
from kastellan.model.tables.reassignments import Reassignments

CAUSE = Cause(
    id="reassignment_in_progress",
    title="A reassignment is in progress",
    rank=40,
    do="Wait until it is done; kafka-reassign-partitions.sh --list shows what is left.",
    do_not="Do not restart brokers that hold moving replicas, and do not start another reassignment of the same partitions.",
    undo="kafka-reassign-partitions.sh --cancel with the plan that started it; without --preserve-throttles it takes them off.",
    verify="kastellan get reassignments: no row is left.",
    references=("KIP-455",),
)
_STUCK = "replication.reassignment_stuck"
_OF_PARTITIONS = ("storage.replica_larger_than_peers", "storage.future_replica_stuck")
_OF_THE_WHOLE = ("replication.leader_imbalance", "capacity.leaders_skewed", "storage.broker_disk_skew", "storage.dirs_unbalanced")


def find(symptoms: Symptoms, reassignments: Reassignments) -> Iterable[CauseFound]:
    """One cause for all moves that make progress."""
    moves = reassignments.df.drop_nulls(["partition", "broker"])
    moving = {Subject("partition", key) for key in moves.select("topic", "partition").unique().iter_rows()}
    if not moving:
        return
    stuck = moving & symptoms.of(_STUCK).keys()
    adding = moves.filter(pl.col("adding")).height
    explained = symptoms.keys(_OF_PARTITIONS, lambda subject: subject in moving and subject not in stuck)
    cluster_wide = symptoms.keys(_OF_THE_WHOLE, lambda _: True)
    yield CauseFound(
        cause=CAUSE.id,
        subject=Subject("cluster", ()),
        title=CAUSE.title,
        says=f"{plural(len(moving), 'partition')} being moved, {plural(adding, 'replica')} to be filled",
        explains=(*explained, *cluster_wide),
        against=(f"{plural(len(stuck), 'move')} without progress",) if stuck else (),
        expected=True,
        do=CAUSE.do,
        do_not=CAUSE.do_not,
        undo=CAUSE.undo,
        verify=CAUSE.verify,
    )
