"""A reassignment adds a replica that does not grow.

**What it means.** A running reassignment is to put a replica on a broker; the replica is not in sync and its size on disk
is the same as a while ago. The target is away, its disk is full or offline, a throttle is so low that the copy gets
nothing, or the leader has no records left to give. Until it ends, the old and the new replicas both take space.

**What it looks like** Two looks, ten minutes apart, with the same lines:

    $ kafka-reassign-partitions.sh --list
    orders-7: replicas: 1,2,4. adding: 4. removing: 2.

**When it is wrong.** A replica that has all records and only waits for the next fetch is in sync within seconds. Under a
very low throttle a replica may get less than a segment's append in ten minutes and still move: raise `stuck_s`. Sizes
come from DescribeLogDirs: where the target broker does not answer, the answer is unknown, and the broker is told itself.
"""

from typing import Annotated

import polars as pl

from kastellan.checks.check import Check, Judged, Setting
from kastellan.checks.wording import listed
from kastellan.model.finding import Severity
from kastellan.model.needs import EARLIER_LOOK, Earlier
from kastellan.model.snapshot import Moment
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.replica_sizes import ReplicaSizes
from kastellan.views.target_replicas import TargetReplicas

CHECK = Check(
    id="replication.reassignment_stuck",
    title="Reassignment does not move",
    severity=Severity.WARNING,
    observed="being added on {stuck_on}: not in sync and not one byte more in {stood_ms:duration}",
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
            name="stuck_s", default=600, unit="s", low=30, high=604_800, meaning="how long a replica that is added must not grow"
        ),
    ),
    kafka="2.4 or newer",
    references=("KIP-455", "KIP-73"),
)

_PLACE = ["topic", "partition"]
_REPLICA = [*_PLACE, "broker"]


def judge(
    partitions: Partitions,
    replicas: TargetReplicas,
    sizes: ReplicaSizes,
    now: Moment,
    replicas_before: Annotated[TargetReplicas, Earlier(min_s=600, setting="stuck_s")] | None,
    sizes_before: Annotated[ReplicaSizes, Earlier(min_s=600, setting="stuck_s")] | None,
    before: Annotated[Moment, Earlier(min_s=600, setting="stuck_s")] | None,
    *,
    stuck_s: float,
) -> Judged:
    """Fails where a replica was being added at both looks, is not in sync and has the same size; applies where one is added."""
    added = replicas.df.lazy().filter(pl.col("adding").ne_missing(pl.lit(value=False))).select(*_REPLICA, "adding", "in_sync")
    was = replicas_before.df.lazy().select(*_REPLICA, was_adding="adding", was_in_sync="in_sync") if replicas_before else None
    if was is None:
        was = pl.LazyFrame(schema={**_KEY, "was_adding": pl.Boolean, "was_in_sync": pl.Boolean})
    elif replicas_before is not None and not replicas_before.unseen:
        # A replica that was not there at the earlier look was not being added.
        was = added.select(_REPLICA).join(was.with_columns(seen=pl.lit(value=True)), on=_REPLICA, how="left").with_columns(
            was_adding=pl.when(pl.col("seen").is_null()).then(pl.lit(value=False)).otherwise("was_adding")
        ).drop("seen")  # fmt: skip
    same = (pl.col("size_bytes") == pl.col("was_bytes")) & pl.col("was_adding") & ~pl.col("in_sync") & ~pl.col("was_in_sync")
    of_partition = (
        added.join(was, on=_REPLICA, how="left")
        .join(_bytes(sizes).rename({"bytes": "size_bytes"}), on=_REPLICA, how="left")
        .join(_bytes(sizes_before or ReplicaSizes.empty()).rename({"bytes": "was_bytes"}), on=_REPLICA, how="left")
        .with_columns(stuck=pl.col("adding") & same)
        .group_by(_PLACE)
        .agg(
            fails=pl.col("stuck").any(ignore_nulls=False),
            adds=pl.col("adding").any(ignore_nulls=False),
            blames=pl.col("broker").filter("stuck").sort(),
        )
    )
    waits = f"{EARLIER_LOOK}: a reassignment adds a replica; look again in {stuck_s:g} s, or use --watch"
    frame = partitions.df.lazy().select(*_PLACE).join(of_partition, on=_PLACE, how="left", maintain_order="left")
    # A partition without a row here has no replica of which anybody says that it is being added.
    applies = pl.when(pl.col("blames").is_not_null()).then("adds").otherwise(pl.lit(value=False))
    return Judged(
        "partition",
        frame.select(
            *_PLACE,
            "fails",
            applies=applies,
            why=pl.when(pl.lit(sizes_before is None)).then(pl.lit(waits)),
            blames="blames",
            stuck_on=listed("blames"),
            stood_ms=pl.lit(now.at_ms - before.at_ms if before else None, pl.Int64),
        ),
    )


_KEY = {"topic": pl.String, "partition": pl.Int32, "broker": pl.Int32}


def _bytes(sizes: ReplicaSizes) -> pl.LazyFrame:
    """Bytes of each replica, whichever directory it is in."""
    return (
        sizes.df.lazy()
        .filter(~pl.col("future").fill_null(value=False))
        .group_by(_REPLICA)
        .agg(bytes=pl.when(pl.col("size_bytes").null_count() == 0).then(pl.col("size_bytes").sum()))
    )
