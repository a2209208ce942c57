"""A partition has lost replicas, and one more loss refuses writes.

**What it means.** The ISR is as small as min.insync.replicas allows and smaller than it should be. Writes are still
accepted; when one more of its brokers goes away, also by a restart, they are not. With min.insync.replicas 1 the one
copy left is all that there is.

**What it looks like**

    $ kafka-topics.sh --describe --at-min-isr-partitions
    Topic: payments  Partition: 1  Leader: 2  Replicas: 1,2,3  Isr: 2,3        (min.insync.replicas=2)

**When it is wrong.** RF 2 with min.insync.replicas 2, and RF 1, are at their minimum for ever: that is a choice of
configuration and not reported here, only an ISR below the target set is. While one broker restarts this is true of all
its partitions: it is reported under the broker.
"""

import polars as pl

from kastellan.checks.check import Check, Verdicts
from kastellan.model.finding import Severity
from kastellan.views.partition_copies import PartitionCopies

CHECK = Check(
    id="replication.at_min_isr",
    title="Partition is one failure away from refusing writes",
    severity=Severity.ERROR,
    observed="{in_sync} of {target} in sync, min.insync.replicas is {effective_min}; missing on {missing_on}",
    expected="more than {effective_min} in sync",
    impact="When one more of its brokers stops, acks=all is refused or the last copy is gone.",
    do="Bring the named brokers back before anything else is touched.",
    do_not="Do not restart any broker that still holds an in-sync replica.",
    verify="kastellan doctor --only replication.at_min_isr --watch: the finding is gone when the ISR has grown.",
    follows_from=("replication.under_replicated", "brokers.fenced", "brokers.unreachable", "storage.log_dir_offline"),
    references=("Kafka documentation, Topic configs: min.insync.replicas",),
    proven_by="broker_killed",
)


def evaluate(copies: PartitionCopies) -> Verdicts:
    """Fails where the ISR equals the effective minimum and is short of the target set; null where unseen."""
    at_minimum = pl.col("in_sync") == pl.col("effective_min")
    short = (pl.col("in_sync") < pl.col("target")) & (pl.col("in_sync") != pl.col("replicas"))
    return Verdicts(
        "partition",
        copies.df.lazy().select(
            "topic",
            "partition",
            (at_minimum & short).alias("fails"),
            "in_sync",
            "target",
            "effective_min",
            pl.col("missing").alias("blames"),
            missing_on=pl.col("missing").cast(pl.List(pl.String)).list.join(", "),
        ),
    )
