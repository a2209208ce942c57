"""One replica of a partition takes much more space than the others.

**What it means.** All replicas of a partition hold the same records, so their sizes are near each other. Where one is
much larger, its broker does not delete or compact what the others do: the log cleaner of that broker has died, old
segments could not be deleted, or a setting differs there.

**What it looks like**

    $ kafka-log-dirs.sh --describe --topic-list sessions --bootstrap-server b1:9092
    broker 1: "partition":"sessions-3","size":41938771230   broker 2: 2910233018   broker 3: 2893100421

    and in the log of broker 1, long ago: ERROR [kafka-log-cleaner-thread-0]: Error due to

**When it is wrong.** Each broker compacts when it likes: a compacted replica may be twice another for hours. So it must
be `times` as large and `min_gib` larger. A replica that is being added, and one out of sync, is not compared: what it
holds is not yet, or no longer, the same.
"""

import polars as pl

from kastellan.checks.check import Check, Judged, Setting
from kastellan.model.finding import Severity
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.replica_sizes import ReplicaSizes
from kastellan.views.target_replicas import TargetReplicas

CHECK = Check(
    id="storage.replica_larger_than_peers",
    title="Replica is much larger than its peers",
    severity=Severity.WARNING,
    observed="{most_bytes:bytes} on broker {largest_on}, {least_bytes:bytes} on broker {smallest_on}",
    expected="replicas of about one size",
    impact="The broker's disk fills with records that should be gone; when it leads, consumers read them again from the start.",
    do="Read the larger one's log for the log cleaner (log-cleaner.log, `kafka-log-cleaner-thread`) and for failed deletions. A "
    "dead cleaner starts again with its broker.",
    do_not="Do not delete segment files by hand: the broker fails the whole directory.",
    verify="kastellan doctor --only storage.replica_larger_than_peers",
    settings=(
        Setting(
            name="times", default=3, unit="times", meaning="how often the smallest size the largest may be", low=1.1, high=1000
        ),
        Setting(name="min_gib", default=5, unit="GiB", meaning="smaller differences are not told", low=0, high=1_000_000),
    ),
    references=("Kafka documentation, Design: log compaction",),
)

_PLACE = ["topic", "partition"]
_GIB = 1024**3


def judge(partitions: Partitions, replicas: TargetReplicas, sizes: ReplicaSizes, *, times: float, min_gib: float) -> Judged:
    """Fails where the largest replica in sync is too much larger than the smallest; null where one was not seen."""
    on_disk = sizes.df.lazy().filter(pl.col("future").eq_missing(pl.lit(value=False))).select(*_PLACE, "broker", "size_bytes")
    counted = pl.col("in_sync") & ~pl.col("adding")
    of_partition = (
        replicas.df.lazy()
        .select(*_PLACE, "broker", counted=counted)
        .filter(pl.col("counted").ne_missing(pl.lit(value=False)))
        .join(on_disk, on=[*_PLACE, "broker"], how="left")
        .group_by(_PLACE)
        .agg(
            whole=(pl.col("size_bytes").null_count() == 0) & (pl.col("counted").null_count() == 0),
            copies=pl.when(pl.col("counted").null_count() == 0).then(pl.col("broker").n_unique()),
            most_bytes=pl.col("size_bytes").max(),
            least_bytes=pl.col("size_bytes").min(),
            largest_on=pl.col("broker").get(pl.col("size_bytes").arg_max()),
            smallest_on=pl.col("broker").get(pl.col("size_bytes").arg_min()),
        )
    )
    larger = (pl.col("most_bytes") > times * pl.col("least_bytes")) & (
        pl.col("most_bytes") - pl.col("least_bytes") > min_gib * _GIB
    )
    return Judged(
        "partition",
        partitions.df.lazy()
        .select(*_PLACE)
        .join(of_partition, on=_PLACE, how="left", maintain_order="left")
        .select(
            *_PLACE,
            fails=pl.when("whole").then(larger),
            # A partition without a row has no replica that could be compared.
            applies=pl.when(pl.col("whole").is_null()).then(pl.lit(value=False)).otherwise(pl.col("copies") > 1),
            most_bytes="most_bytes",
            least_bytes="least_bytes",
            largest_on="largest_on",
            smallest_on="smallest_on",
        ),
    )
