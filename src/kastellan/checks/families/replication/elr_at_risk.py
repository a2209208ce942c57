"""A partition below its minimum leans on replicas outside the ISR.

**What it means.** The ISR has fewer members than min.insync.replicas. With eligible leader replicas (KIP-966) the
controller remembers who left last with every committed record: the ELR. As long as one of these keeps its disk, the
partition can be led again without loss. Setting min.insync.replicas again, for the topic or for the cluster, even with
the same value, makes the controller forget them; so does an unclean stop of their brokers.

**What it looks like**

    $ kafka-topics.sh --describe --topic payments
    Topic: payments  Partition: 1  Leader: none  Replicas: 1,2,3  Isr:  Elr: 2,3  LastKnownElr: 1

**When it is wrong.** Clusters on which eligible.leader.replicas.version is not in force have no ELR: their partitions
are unknown here when they are below the minimum, and replication.under_min_isr says all that there is to say.
"""

import polars as pl

from kastellan.checks.check import Check, Verdicts
from kastellan.checks.text_exprs import list_expr
from kastellan.model.align import left_join_aligned
from kastellan.model.finding import Severity
from kastellan.model.tables.features import Features
from kastellan.model.tables.replicas import Replicas
from kastellan.views.partition_copies import PartitionCopies

CHECK = Check(
    id="replication.elr_at_risk",
    title="Partition leans on replicas outside the ISR",
    severity=Severity.WARNING,
    observed="{in_sync} in sync, fewer than {effective_min}; eligible to lead without loss: {eligible_on}",
    expected="at least {effective_min} in sync",
    impact="If the disks of these brokers are lost, or the controller forgets them, acknowledged records may be lost.",
    do="Bring back one of the named brokers first, with its disk as it is.",
    do_not="Do not change min.insync.replicas now (of the topic or of the cluster): that clears the list. Do not delete or "
    "reformat a disk of these brokers, and do not force an unclean election.",
    verify="kastellan doctor --only replication.elr_at_risk --watch: the ISR has grown.",
    follows_from=("replication.offline", "replication.under_min_isr"),
    kafka="4.0 or newer with eligible.leader.replicas.version 1",
    references=("KIP-966",),
)

_FEATURE = "eligible.leader.replicas.version"


def evaluate(copies: PartitionCopies, replicas: Replicas, features: Features) -> Verdicts:
    """Fails where the ISR is below the minimum and somebody is eligible; null where it is below and nobody told who is."""
    below = pl.col("in_sync") < pl.col("effective_min")
    # Only partitions below the minimum can have any: the others need not be looked at.
    suspects = copies.df.lazy().filter(below.fill_null(value=True)).select("topic", "partition")
    eligible = (
        replicas.df.lazy()
        .join(suspects, on=["topic", "partition"], how="semi")
        .group_by("topic", "partition")
        .agg(some=pl.col("eligible").any(ignore_nulls=False), eligible=pl.col("broker").filter("eligible").sort())
        .collect()
    )
    counts = copies.df.select("topic", "partition", "in_sync", "effective_min", "missing")
    frame = left_join_aligned(counts, eligible, ["topic", "partition"])
    feature_known = any(feature.feature == _FEATURE for feature in features.rows)
    return Verdicts(
        "partition",
        frame.select(
            "topic",
            "partition",
            fails=below & pl.col("some"),
            applies=pl.lit(feature_known or None if features.unseen or not features.rows else feature_known, pl.Boolean),
            why=pl.when(below & pl.col("some").is_null()).then(pl.lit("its eligible leader replicas were not seen")),
            in_sync="in_sync",
            effective_min="effective_min",
            blames="missing",
            eligible_on=list_expr("eligible"),
        ),
    )
