"""One replica of a partition takes much more space than the others.

**What it means.** All replicas of a partition hold the same records, so their sizes are near each other. Where one is
much larger, its broker does not delete or compact what the others do: the log cleaner of that broker has died, old
segments could not be deleted, or a setting differs there.

**What it looks like**

    $ kafka-log-dirs.sh --describe --topic-list sessions --bootstrap-server b1:9092
    broker 1: "partition":"sessions-3","size":41938771230   broker 2: 2910233018   broker 3: 2893100421

    and in the log of broker 1, long ago: ERROR [kafka-log-cleaner-thread-0]: Error due to

**When it is wrong.** Each broker compacts when it likes: a compacted replica may be twice another for hours. So it must
be `times` as large and `min_gib` larger. A replica out of sync, as one that is still being added, is not compared:
what it holds is not yet, or no longer, the same.
"""

import polars as pl

from kastellan.checks.check import Check, Setting, Verdicts
from kastellan.model.align import left_join_aligned
from kastellan.model.finding import Severity
from kastellan.model.tables.replica_sizes import ReplicaSizes
from kastellan.model.tables.replicas import Replicas
from kastellan.views.partition_copies import PartitionCopies

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
        Setting(name="min_gib", default=5, unit="GiB", meaning="smaller differences are not reported", low=0, high=1_000_000),
    ),
    references=("Kafka documentation, Design: log compaction",),
)

_PLACE = ["topic", "partition"]
_GIB = 1024**3


def evaluate(copies: PartitionCopies, replicas: Replicas, sizes: ReplicaSizes, *, times: float, min_gib: float) -> Verdicts:
    """Fails where the largest replica in sync is too much larger than the smallest; null where one was not seen."""
    suspects = _suspects(replicas, sizes, round(min_gib * _GIB))
    on_disk = (
        sizes.df.lazy()
        .filter(pl.col("future").eq_missing(pl.lit(value=False)))
        .select(*_PLACE, "broker", "size_bytes")
        .join(suspects, on=_PLACE, how="semi")
    )
    of_partition = (
        replicas.df.lazy()
        .join(suspects, on=_PLACE, how="semi")
        .filter(pl.col("in_sync").ne_missing(pl.lit(value=False)))
        .join(on_disk, on=[*_PLACE, "broker"], how="left")
        .group_by(_PLACE)
        .agg(
            whole=(pl.col("size_bytes").null_count() == 0) & (pl.col("in_sync").null_count() == 0),
            most_bytes=pl.col("size_bytes").max(),
            least_bytes=pl.col("size_bytes").min(),
            largest_on=pl.col("broker").get(pl.col("size_bytes").arg_max()),
            smallest_on=pl.col("broker").get(pl.col("size_bytes").arg_min()),
        )
        .collect()
    )
    most, least = pl.col("most_bytes"), pl.col("least_bytes")
    larger = (most > times * least) & (most - least > min_gib * _GIB)
    return Verdicts(
        "partition",
        left_join_aligned(copies.df.select(*_PLACE, "in_sync"), of_partition, _PLACE).select(
            *_PLACE,
            # A partition that is no suspect was seen, and has no replica large enough.
            fails=pl.when(pl.col("whole").is_null()).then(pl.lit(value=False)).when("whole").then(larger),
            applies=pl.col("in_sync") > 1,
            most_bytes=most,
            least_bytes=least,
            largest_on="largest_on",
            smallest_on="smallest_on",
        ),
    )


def _suspects(replicas: Replicas, sizes: ReplicaSizes, more_than: int) -> pl.LazyFrame:
    """Partitions that must be looked at: with a replica that is large enough to be reported, or one that was not seen.

    A replica was not seen where its broker did not tell of its directories, or its size or part in the ISR is null.
    """
    unseen = pl.col("size_bytes").is_null() | pl.col("future").is_null()
    blind = set(sizes.df.filter(pl.col("path").is_null())["broker"])
    dark = (set(replicas.df["broker"].unique()) - set(sizes.df["broker"].unique())) | blind
    in_doubt = replicas.df.lazy().filter(pl.col("broker").is_in(dark) | pl.col("in_sync").is_null())
    large = sizes.df.lazy().filter((pl.col("size_bytes") > more_than) | unseen)
    return pl.concat(replicas.select(_PLACE) for replicas in (large, in_doubt)).drop_nulls().unique()
