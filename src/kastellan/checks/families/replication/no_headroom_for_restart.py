"""A restart of this broker would make partitions refuse writes.

**What it means.** The broker holds in-sync replicas of partitions whose ISR is as small as min.insync.replicas allows.
While it restarts, their leaders refuse every write with acks=all; where it holds the only copy in sync, the partition
goes offline. So it is a broker that must not be restarted now, and one whose sudden loss hurts clients.

**What it looks like**

    $ kafka-topics.sh --describe --at-min-isr-partitions
    Topic: payments  Partition: 1  Leader: 2  Replicas: 1,2,3  Isr: 2,3        (min.insync.replicas=2)

Here neither broker 2 nor broker 3 may be restarted before 1 is back.

**When it is wrong.** Where the number of replicas does not exceed min.insync.replicas (RF 2 with 2, RF 1) no restart is
ever borne: that is a choice of configuration, so the severity is info, with its own number. While another broker restarts
this is true of its neighbours and passes when it is back: it is then reported under the broker that is away. A cluster of
one broker, and one on which every partition has one replica, has no restart without a pause and is not judged
(replication.single_replica reports the single copies). Topics whose producers all use acks=1 or acks=0 do not feel it.
"""

import polars as pl

from kastellan.checks.check import Check, Verdicts
from kastellan.checks.text_exprs import count_expr, list_expr
from kastellan.model.finding import Severity
from kastellan.model.tables.brokers import Brokers
from kastellan.views.restart_headroom import RestartHeadroom

CHECK = Check(
    id="replication.no_headroom_for_restart",
    title="Broker cannot be restarted without refused writes",
    severity=Severity.WARNING,
    observed="without it acks=all is refused on {partitions}{gone}{why_so}",
    expected="no partition that needs this broker to accept writes",
    impact="A restart or a failure of this broker stops producers with acks=all on these partitions.",
    do="Wait until the missing replicas are back in the ISR, then restart. Where the configuration leaves no spare, raise the "
    "replication factor above min.insync.replicas, or plan the restart with the topics' owners.",
    do_not="Do not restart this broker to repair another one, and do not lower min.insync.replicas to get a restart through.",
    verify="kastellan doctor --only replication.no_headroom_for_restart: the broker is not listed.",
    follows_from=("brokers.fenced", "brokers.unreachable", "replication.broker_out_of_step"),
    # More partitions seen cannot give one of these a spare.
    monotone=True,
    references=("Kafka documentation, Topic configs: min.insync.replicas", "KIP-841"),
    proven_by="broker_killed",
)


def evaluate(brokers: Brokers, headroom: RestartHeadroom) -> Verdicts:
    """Fails where a partition that accepts writes would not without the broker; null where none is known and some unseen."""
    refuses, spare = pl.col("would_refuse"), ~pl.col("without_spare")
    of_broker = (
        headroom.df.lazy()
        .filter(refuses.ne_missing(pl.lit(value=False)))
        .group_by("broker")
        .agg(
            fails=refuses.any(ignore_nulls=False),
            refusing=refuses.sum(),
            short=(refuses & spare).sum(),
            offline=(refuses & pl.col("would_go_offline")).sum(),
            blames=pl.col("missing").filter(refuses & spare).explode().drop_nulls().unique().sort(),
        )
    )
    words = (
        pl.when(pl.col("short") == 0)
        .then(pl.lit("; min.insync.replicas leaves them no spare even when all is well"))
        .when(pl.col("blames").list.len() > 0)
        .then(pl.format("; replicas are missing on {}", list_expr("blames")))
        .otherwise(pl.lit("; replicas of them are not in sync"))
    )
    copied = headroom.df.select((pl.col("replicas") > 1).any(ignore_nulls=False)).item()
    return Verdicts(
        "broker",
        brokers.df.lazy()
        .select("broker")
        .join(of_broker, on="broker", how="left", maintain_order="left")
        .select(
            "broker",
            # A broker that no partition needs has no row here.
            fails=pl.when(pl.col("refusing").is_null()).then(pl.lit(value=False)).otherwise("fails"),
            applies=pl.lit(copied, pl.Boolean),
            severity=pl.when(pl.col("short") > 0).then(pl.lit(Severity.WARNING.value)).otherwise(pl.lit(Severity.INFO.value)),
            refusing="refusing",
            short="short",
            offline="offline",
            blames="blames",
            partitions=count_expr("refusing", "partition"),
            gone=pl.when(pl.col("offline") > 0).then(pl.format(" ({} of them offline)", "offline")).otherwise(pl.lit("")),
            why_so=words,
        ),
    )
