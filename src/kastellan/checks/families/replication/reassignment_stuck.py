"""A reassignment adds a replica that does not grow.

**What it means.** A running reassignment is to put a replica on a broker; the replica is not in sync and its size on disk
is the same as a while ago. The target is away, its disk is full or offline, a throttle is so low that the copy gets
nothing, or the leader has no records left to give. Until it ends, the old and the new replicas both take space.

**What it looks like** Two looks, ten minutes apart, with the same lines:

    $ kafka-reassign-partitions.sh --list
    orders-7: replicas: 1,2,4. adding: 4. removing: 2.

**When it is wrong.** A replica that has all records and only waits for the next fetch is in sync within seconds. Under a
very low throttle a replica may get less than a segment's append in ten minutes and still move: raise `stuck_s`. Sizes
come from DescribeLogDirs: of a target that is live and does not answer, nothing is known. One that the cluster counts
as gone gets nothing, and is named as the cause.
"""

from typing import Annotated

import polars as pl

from kastellan.checks.check import Check, Setting, Verdicts
from kastellan.checks.text_exprs import list_expr
from kastellan.engine.needs import Earlier
from kastellan.model.align import left_join_aligned
from kastellan.model.finding import Severity
from kastellan.model.snapshot import Moment
from kastellan.model.tables.partitions import Partitions
from kastellan.views.adding_replicas import AddingReplicas

CHECK = Check(
    id="replication.reassignment_stuck",
    title="Reassignment does not move",
    severity=Severity.WARNING,
    observed="being added on {stuck_on}: not in sync and no progress in {stood_ms:duration}",
    expected="a replica that grows until it is in sync",
    impact="The partition keeps its old replicas as well; disks fill, and no other reassignment of it can begin.",
    do="Look at the named brokers: are they live, do their disks have room, do their logs name the partition? Then look for a "
    "throttle that was left behind: kafka-configs.sh --describe --entity-type brokers (leader.replication.throttled.rate, "
    "follower.replication.throttled.rate).",
    do_not="Do not delete the partition's directory on the target, and do not start a second reassignment of it.",
    verify="kastellan doctor --only replication.reassignment_stuck --watch; kafka-reassign-partitions.sh --list is empty.",
    undo="kafka-reassign-partitions.sh --cancel with the same plan goes back to the old replicas.",
    follows_from=("brokers.fenced", "brokers.unreachable", "storage.log_dir_offline"),
    settings=(
        Setting(
            name="stuck_s", default=600, unit="s", low=10, high=604_800, meaning="how long a replica that is added must not grow"
        ),
    ),
    kafka="2.4 or newer",
    references=("KIP-455", "KIP-73"),
    proven_by="reassignment_stuck",
)

_PLACE = ["topic", "partition"]
_REPLICA = [*_PLACE, "broker"]


def evaluate(
    partitions: Partitions,
    moves: AddingReplicas,
    now: Moment,
    moves_before: Annotated[AddingReplicas, Earlier(min_s=600, setting="stuck_s")] | None,
    before: Annotated[Moment, Earlier(min_s=600, setting="stuck_s")] | None,
    *,
    stuck_s: float,
) -> Verdicts:
    """Fails where a replica was being added at both looks, is not in sync and did not grow; applies where one is added."""
    earlier = (moves_before or AddingReplicas.empty()).df.lazy()
    earlier = earlier.select(
        *_REPLICA, was_adding="adding", was_in_sync="in_sync", was_bytes="size_bytes", was_away="away", seen=pl.lit(value=True)
    )
    # What the earlier look does not have was not being added then, if that look saw all of them.
    began_since = pl.lit(moves_before is not None and not moves_before.unseen) & pl.col("seen").is_null()
    not_there = pl.col("was_adding") & ~pl.col("in_sync") & ~pl.col("was_in_sync")
    # A target that is away gets nothing, though its disk cannot be asked.
    stands = (pl.col("size_bytes") == pl.col("was_bytes")) | (pl.col("away") & pl.col("was_away"))
    of_partition = (
        moves.df.lazy()
        .join(earlier, on=_REPLICA, how="left")
        .with_columns(stuck=pl.col("adding") & pl.when(began_since).then(pl.lit(value=False)).otherwise(not_there & stands))
        .group_by(_PLACE)
        .agg(
            fails=pl.col("stuck").any(ignore_nulls=False),
            adds=pl.col("adding").any(ignore_nulls=False),
            blames=pl.col("broker").filter("stuck").sort(),
        )
        .collect()
    )
    reason = f"needs an earlier look: a reassignment adds a replica; look again in {stuck_s:g} s, or use --watch"
    # A partition without a row here has no replica of which anybody says that it is being added.
    applies = pl.when(pl.col("blames").is_not_null()).then("adds").otherwise(pl.lit(value=False))
    return Verdicts(
        "partition",
        left_join_aligned(partitions.df.select(_PLACE), of_partition, _PLACE).select(
            *_PLACE,
            "fails",
            applies=applies,
            waits=pl.lit(moves_before is None) & pl.col("adds"),
            why=pl.when(pl.lit(moves_before is None) & pl.col("adds")).then(pl.lit(reason)),
            blames="blames",
            stuck_on=list_expr("blames"),
            stood_ms=pl.lit(now.at_ms - before.at_ms if before else None, pl.Int64),
        ),
    )
