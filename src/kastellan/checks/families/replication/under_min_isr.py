"""A partition has fewer replicas in sync than its producers demand.

**What it means.** The ISR is smaller than min.insync.replicas: the leader refuses every write with acks=all (the
producers' default), now. Reading goes on up to the high watermark, which does not move.

**What it looks like**

    ERROR [ReplicaManager broker=2] Error processing append operation on partition payments-1
    NotEnoughReplicasException: The size of the current ISR : 1 is insufficient to satisfy the min.isr requirement of 2

**When it is wrong.** A min.insync.replicas above the number of replicas cannot be met; Kafka 3.7 and newer take the
number of replicas in its place without a word, and so does this check. Older brokers refuse such writes always, which
is not reported here. Topics whose producers all use acks=1 or acks=0 do not feel it: the finding is then a loss of
safety, not of service.
"""

import polars as pl

from kastellan.checks.check import Check, Verdicts
from kastellan.model.finding import Severity
from kastellan.views.partition_copies import PartitionCopies

CHECK = Check(
    id="replication.under_min_isr",
    title="Partition refuses acks=all",
    severity=Severity.ERROR,
    observed="{in_sync} in sync, fewer than min.insync.replicas {effective_min}; not in sync on {out_on}",
    expected="at least {effective_min} in sync",
    impact="Every write with acks=all is refused (NOT_ENOUGH_REPLICAS).",
    do="Bring the named brokers back, or repair what keeps their replicas from following.",
    do_not="Do not lower min.insync.replicas to get writes through before you know that the copies left are sound: "
    "what is written then stands on fewer disks.",
    verify="kastellan doctor --only replication.under_min_isr --watch: the finding is gone when the ISR has grown.",
    follows_from=(
        "replication.offline",
        "replication.under_replicated",
        "brokers.fenced",
        "brokers.unreachable",
        "storage.log_dir_offline",
    ),
    references=("Kafka documentation, Topic configs: min.insync.replicas", "KIP-966"),
    proven_by="under_min_isr",
)


def evaluate(copies: PartitionCopies) -> Verdicts:
    """Fails where the ISR is below the effective minimum; null where either was not seen."""
    return Verdicts(
        "partition",
        copies.df.lazy().select(
            "topic",
            "partition",
            (pl.col("in_sync") < pl.col("effective_min")).alias("fails"),
            "in_sync",
            "effective_min",
            "configured_min",
            pl.col("out_of_sync").alias("blames"),
            out_on=pl.col("out_of_sync").cast(pl.List(pl.String)).list.join(", "),
        ),
    )
