"""A move of a replica between two directories of its broker stands still.

**What it means.** Somebody moves a replica from one log directory of a broker to another. The broker copies it into a
future replica beside the current one, which takes over once it has caught up. This one has not grown and not come
nearer: its throttle is too low, the target disk is full or slow, or the mover thread has failed. Until then both
copies take space.

**What it looks like**

    $ kafka-log-dirs.sh --describe --bootstrap-server b1:9092
    "logDir":"/data2","partitions":[{"partition":"orders-7","size":104857600,"offsetLag":881244,"isFuture":true}]

**When it is wrong.** Under a very low throttle one step takes longer than `stuck_s`: raise it. A future replica that has
caught up and waits for the switch stands still too, but only for a moment.
"""

from typing import Annotated

import polars as pl

from kastellan.checks.check import Check, Setting, Verdicts
from kastellan.engine.needs import Earlier
from kastellan.model.finding import Severity
from kastellan.model.snapshot import Moment
from kastellan.model.tables.log_dirs import LogDirs
from kastellan.model.tables.replica_sizes import ReplicaSizes

CHECK = Check(
    id="storage.future_replica_stuck",
    title="Move between directories stands still",
    severity=Severity.WARNING,
    observed="{which} on its way into this directory: not one byte more in {stood_ms:duration}, {lag_text} behind",
    expected="a copy that grows until it takes over",
    impact="The replica takes its space twice.",
    do="Read the broker's log for ReplicaAlterLogDirsThread; look at the target disk and at the throttle "
    "(replica.alter.log.dirs.io.max.bytes.per.second of the broker, kafka-configs.sh --describe --entity-type brokers).",
    do_not="Do not delete directories that end in -future by hand while the broker runs.",
    verify="kastellan doctor --only storage.future_replica_stuck --watch",
    undo="Order the move back into the old directory: kafka-reassign-partitions.sh with its log_dirs.",
    follows_from=("storage.log_dir_offline", "storage.log_dir_nearly_full"),
    settings=(
        Setting(name="stuck_s", default=600, unit="s", low=30, high=604_800, meaning="how long the future replica must not grow"),
    ),
    kafka="1.1 or newer",
    references=("KIP-113",),
)

_DIR = ["broker", "path"]
_KEY = [*_DIR, "topic", "partition"]


def evaluate(
    dirs: LogDirs,
    sizes: ReplicaSizes,
    now: Moment,
    sizes_before: Annotated[ReplicaSizes, Earlier(min_s=600, setting="stuck_s")] | None,
    before: Annotated[Moment, Earlier(min_s=600, setting="stuck_s")] | None,
    *,
    stuck_s: float,
) -> Verdicts:
    """Fails where a future replica has the size and the lag that it had; applies to directories that have one."""
    moves = _futures(sizes)
    earlier = _futures(sizes_before or ReplicaSizes.empty()).select(*_KEY, was_bytes="size_bytes", was_lag="offset_lag_records")
    stands = (pl.col("size_bytes") == pl.col("was_bytes")) & (pl.col("offset_lag_records") >= pl.col("was_lag"))
    # Where the earlier look saw every directory whole, one that it does not have began since.
    began_since = pl.lit(_are_all_seen(sizes_before)) & pl.col("was_seen").is_null()
    of_dir = (
        moves.join(earlier.with_columns(was_seen=pl.lit(value=True)), on=_KEY, how="left", nulls_equal=True)
        .with_columns(stuck=pl.col("future") & pl.when(began_since).then(pl.lit(value=False)).otherwise(stands))
        .group_by(_DIR)
        .agg(
            fails=pl.col("stuck").any(ignore_nulls=False),
            moving=pl.col("future").any(ignore_nulls=False),
            some=pl.format("{}-{}", "topic", "partition").filter("stuck").sort(),
            lag_records=pl.col("offset_lag_records").filter("stuck").max(),
        )
    )
    reason = f"needs an earlier look: a replica moves between directories; look again in {stuck_s:g} s, or use --watch"
    frame = dirs.df.lazy().select(*_DIR).join(of_dir, on=_DIR, how="left", nulls_equal=True, maintain_order="left")
    more = (
        pl.when(pl.col("some").list.len() > 1)
        .then(pl.format(" and {} more", pl.col("some").list.len() - 1))
        .otherwise(pl.lit(""))
    )
    none = pl.when(pl.col("path").is_not_null()).then(pl.lit(value=False))
    return Verdicts(
        "log_dir",
        frame.select(
            *_DIR,
            "fails",
            applies=pl.when(pl.col("some").is_not_null()).then("moving").otherwise(none),
            waits=pl.lit(sizes_before is None) & pl.col("moving"),
            why=pl.when(pl.lit(sizes_before is None) & pl.col("moving")).then(pl.lit(reason)),
            which=pl.col("some").list.first() + more,
            lag_text=pl.format("{} records", "lag_records"),
            lag_records="lag_records",
            stood_ms=pl.lit(now.at_ms - before.at_ms if before else None, pl.Int64),
        ),
    )


def _futures(sizes: ReplicaSizes) -> pl.LazyFrame:
    """Future replicas, and rows of which nobody knows whether they are."""
    return sizes.df.lazy().filter(pl.col("future").ne_missing(pl.lit(value=False))).select(
        *_KEY, "future", "size_bytes", "offset_lag_records"
    )  # fmt: skip


def _are_all_seen(sizes: ReplicaSizes | None) -> bool:
    return sizes is not None and not sizes.unseen and not sizes.df["path"].null_count() and not sizes.df["future"].null_count()
