"""A partition has replicas that do not follow its leader.

**What it means.** The in-sync replicas (ISR) are fewer than the replicas that the partition should have. The data is
still served; there are fewer copies than were ordered, and one more failure finds less of a reserve.

**What it looks like**

    $ kafka-topics.sh --describe --under-replicated-partitions
    Topic: orders  Partition: 7  Leader: 2  Replicas: 1,2,3  Isr: 2,3

**When it is wrong.** While a reassignment adds replicas these are not in sync for a good while, and that is the
plan: they are not counted (the target set is judged). In the seconds after a broker's restart, and during a roll, the
finding is true and passes by itself; it is told under the broker that is away.
"""

import polars as pl

from kastellan.checks.check import Check, Judged
from kastellan.model.finding import Severity
from kastellan.views.target_replicas import TargetReplicas

CHECK = Check(
    id="replication.under_replicated",
    title="Partition is under-replicated",
    severity=Severity.WARNING,
    observed="{in_sync} of {target} replicas in sync; missing on {blames_text}",
    expected="all {target} replicas in sync",
    impact="Fewer copies than ordered: the next failure finds less of a reserve.",
    do="Find what keeps the replicas on the named brokers from following: a dead or frozen broker, a full or failed disk, a slow network.",
    do_not="Do not restart the remaining replicas' brokers, and do not start a reassignment, until the missing replicas are back.",
    verify="kastellan doctor --only replication --watch: the finding is gone when the replicas are back in the ISR.",
    follows_from=("brokers.fenced", "brokers.unreachable", "storage.log_dir_offline"),
    references=("Kafka documentation, Replication", "KIP-966"),
    proven_by="broker_killed",
)


def judge(replicas: TargetReplicas) -> Judged:
    """Fails where a replica that is neither being added nor in the ISR exists; null where either was not seen."""
    behind = ~pl.col("in_sync") & ~pl.col("adding")
    return Judged(
        "partition",
        replicas.df.lazy()
        .group_by("topic", "partition")
        .agg(
            fails=behind.any(ignore_nulls=False),
            in_sync=(pl.col("in_sync") & ~pl.col("adding")).sum(),
            target=(~pl.col("adding")).sum(),
            blames=pl.col("broker").filter(behind),
        )
        .with_columns(blames_text=pl.col("blames").cast(pl.List(pl.String)).list.join(", ")),
    )
