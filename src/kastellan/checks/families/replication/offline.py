"""A partition has no leader.

**What it means.** No broker serves the partition: producers and consumers of it wait and then fail. Every replica that
could lead without losing records is on a broker or a disk that is away.

**What it looks like**

    $ kafka-topics.sh --describe --unavailable-partitions
    Topic: orders  Partition: 7  Leader: none  Replicas: 1,2  Isr: 2

**When it is wrong.** In the second of an election a partition is without a leader; look again. LISTENER_NOT_FOUND
says that there is a leader, but that it has no address on the listener that was asked: clients of that listener are
cut off all the same, and the name is in the finding.
"""

import polars as pl

from kastellan.checks.check import Check, Verdicts
from kastellan.model.align import left_join_aligned
from kastellan.model.finding import Severity
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.replicas import Replicas

NO_LEADER = -1

CHECK = Check(
    id="replication.offline",
    title="Partition is offline",
    severity=Severity.ERROR,
    observed="no leader{error_text}; {where}",
    expected="a leader",
    impact="Nobody can write to it or read from it.",
    do="Bring back a broker that was last in the ISR, with its disk; Kafka then elects a leader by itself.",
    do_not="Do not force an unclean election and do not delete data directories: both lose acknowledged records.",
    verify="kastellan doctor --only replication --watch: the finding is gone when the partition has a leader.",
    follows_from=("brokers.fenced", "brokers.unreachable", "storage.log_dir_offline"),
    references=("Kafka documentation, Replication: unclean leader election", "KIP-966"),
    proven_by="broker_killed",
)


def evaluate(partitions: Partitions, replicas: Replicas) -> Verdicts:
    """Fails where Metadata names no leader; null where the leader was not seen."""
    away = pl.col("offline") | ~pl.col("in_sync")
    in_sync = _list_text("last_in_sync")
    in_sync_text = pl.when(in_sync == "").then(pl.lit("no replica is in sync")).otherwise("last in sync: " + in_sync)
    # Only the leaderless ones are described; every partition is judged.
    leaderless = partitions.df.filter(pl.col("leader") == NO_LEADER)
    stands = (
        replicas.df.join(leaderless, on=["topic", "partition"], how="semi")
        .group_by("topic", "partition")
        .agg(
            pl.col("broker").sort().alias("on"),
            pl.col("broker").filter(pl.col("in_sync")).sort().alias("last_in_sync"),
            pl.col("broker").filter(away).sort().alias("blames"),
        )
        .select("topic", "partition", "blames", where="replicas on " + _list_text("on") + "; " + in_sync_text)
    )
    return Verdicts(
        "partition",
        left_join_aligned(partitions.df.drop("answer"), stands, ["topic", "partition"]).select(
            "topic",
            "partition",
            (pl.col("leader") == NO_LEADER).alias("fails"),
            "blames",
            "error",
            error_text=pl.when(pl.col("error").fill_null("") == "").then(pl.lit("")).otherwise(" (" + pl.col("error") + ")"),
            where="where",
        ),
    )


def _list_text(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.List(pl.String)).list.join(", ")
