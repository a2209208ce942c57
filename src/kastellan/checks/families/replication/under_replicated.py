"""A partition has fewer replicas in sync than it should have.

**What it means.** The in-sync replicas (ISR) are fewer than the replicas that were ordered. The data is still served;
there are fewer copies, and one more failure finds less of a reserve.

**What it looks like**

    $ kafka-topics.sh --describe --under-replicated-partitions
    Topic: orders  Partition: 7  Leader: 2  Replicas: 1,2,3  Isr: 2,3

**When it is wrong.** While a reassignment adds replicas these are not in sync for a good while, and that is the
plan: they are not ordered yet (the brokers count the same way). In the seconds after a broker's restart, and during a
roll, the finding is true and passes by itself; it is reported under the broker that is away.
"""

import polars as pl

from kastellan.checks.check import Check, Verdicts
from kastellan.model.align import left_join_aligned
from kastellan.model.finding import Severity
from kastellan.model.tables.brokers import Brokers
from kastellan.views.partition_copies import NO_LEADER, PartitionCopies

CHECK = Check(
    id="replication.under_replicated",
    title="Partition is under-replicated",
    severity=Severity.WARNING,
    observed="{in_sync} of {target} replicas in sync; missing on {missing_on}{unregistered}",
    expected="all {target} replicas in sync",
    impact="Fewer copies than ordered: the next failure finds less of a reserve.",
    do="Find what keeps the replicas on the named brokers from following: "
    "a dead or frozen broker, a full or failed disk, a slow network. Replicas on a broker that is not registered never come "
    "back: move them to other brokers (kafka-reassign-partitions.sh).",
    do_not="Do not restart the brokers of the other replicas, and do not start a reassignment, until the missing ones are back.",
    verify="kastellan doctor --only replication --watch: the finding is gone when the replicas are back in the ISR.",
    follows_from=(
        *("brokers.fenced", "brokers.unreachable", "storage.log_dir_offline", "replication.offline"),
        "replication.broker_out_of_step",
    ),
    references=("Kafka documentation, Replication", "KIP-966"),
    proven_by="broker_killed",
)


def evaluate(copies: PartitionCopies, brokers: Brokers | None) -> Verdicts:
    """Fails where the ISR is smaller than the target set; null where either was not seen.

    Where every replica is in sync nothing is missing, whatever a reassignment does.
    """
    on = ["topic", "partition"]
    # What keeps a replica from following may be its leader's trouble as well as its own.
    leader = pl.when(pl.col("leader") != NO_LEADER).then("leader")
    blamed = copies.df.filter(pl.col("missing").list.len() > 0).select(
        *on, blames=pl.concat_list("missing", leader).list.drop_nulls()
    )
    all_in_sync = pl.col("in_sync") == pl.col("replicas")
    short = pl.col("in_sync") < pl.col("target")
    return Verdicts(
        "partition",
        left_join_aligned(copies.df, blamed, on)
        .lazy()
        .select(
            "topic",
            "partition",
            (~all_in_sync & short).alias("fails"),
            "in_sync",
            "target",
            "blames",
            unregistered=_unregistered_text(brokers),
            missing_on=pl.col("missing").cast(pl.List(pl.String)).list.join(", "),
        ),
    )


def _unregistered_text(brokers: Brokers | None) -> pl.Expr:
    """Says which of the brokers of the missing replicas are not registered."""
    gone = [] if brokers is None else [broker.broker for broker in brokers.rows if broker.registered is False]
    if not gone:
        return pl.lit("")
    named = pl.col("missing").list.eval(pl.element().filter(pl.element().is_in(gone)))
    return (
        pl.when(named.list.len() > 0)
        .then(pl.format(" (not registered: {})", named.cast(pl.List(pl.String)).list.join(", ")))
        .otherwise(pl.lit(""))
    )
