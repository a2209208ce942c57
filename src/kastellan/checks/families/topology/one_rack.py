"""All replicas of a partition stand in one rack, though there are others.

**What it means.** broker.rack says which brokers fail together (a rack, a zone, a room). When that rack goes, every
copy of these partitions goes with it.

**What it looks like**

    broker 1 rack=eu-1a, broker 4 rack=eu-1a, broker 5 rack=eu-1b
    Topic: orders  Partition: 7  Leader: 1  Replicas: 1,4  Isr: 1,4

**When it is wrong.** Topics with one replica are not judged here, nor are clusters of which no broker, or only one
rack, is named. Where the brokers of a rack have all gone and nobody knows where they stood, the answer is unknown.
"""

import polars as pl

from kastellan.checks.check import Check, Verdicts
from kastellan.model.align import group_by_runs, left_join_aligned
from kastellan.model.finding import Severity
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.replicas import Replicas
from kastellan.model.tables.topics import Topics

CHECK = Check(
    id="topology.one_rack",
    title="Topic has partitions in one rack only",
    severity=Severity.WARNING,
    observed="{in_one_rack} of {partitions} partitions have all their replicas in one rack ({racks})",
    expected="replicas in at least 2 racks",
    impact="When that rack fails, every copy of these partitions is away.",
    do="Plan a rack-aware reassignment (kafka-reassign-partitions.sh --generate) and run it throttled.",
    do_not="Do not change broker.rack of running brokers to make the finding go away.",
    verify="kastellan doctor --only topology.one_rack",
    undo="Reassign back with the plan that --execute printed as the current assignment.",
    references=("KIP-36",),
)


def evaluate(topics: Topics, replicas: Replicas, brokers: Brokers) -> Verdicts:
    """Fails where the replicas of a partition share a known rack and the cluster has another; null where racks are unseen."""
    racks = brokers.df.select("broker", rack=pl.col("rack").replace("", None))
    # Numbers instead of names: there are many replicas.
    codes = racks.select("broker", code=pl.col("rack").rank("dense").cast(pl.UInt32))
    placed = replicas.df.select("topic", "partition", "broker").join(codes, on="broker", how="left", maintain_order="left")
    code = pl.col("code")
    of_partition = group_by_runs(
        placed, ["topic", "partition"], copies=pl.len(), kinds=code.n_unique(), unknown=code.null_count(), code=code.first()
    )
    several, unseen = pl.col("copies") > 1, pl.col("unknown") > 0
    known_kinds = pl.col("kinds") - unseen.cast(pl.UInt32)
    in_one_rack = pl.when(~several | (known_kinds > 1)).then(pl.lit(False)).when(~unseen).then(pl.lit(True)).otherwise(None)
    partitions = of_partition.select("topic", "code", several=several, in_one=in_one_rack)
    by_topic = group_by_runs(
        partitions,
        ["topic"],
        fails=pl.col("in_one").any(ignore_nulls=False),
        several=pl.col("several").any(),
        in_one_rack=pl.col("in_one").sum(),
        partitions=pl.len(),
    )
    names = racks.select("rack", code=pl.col("rack").rank("dense").cast(pl.UInt32)).drop_nulls().unique()
    where = (
        partitions.filter("in_one")
        .join(names, on="code", how="left")
        .group_by("topic")
        .agg(racks=pl.col("rack").unique().sort().str.join(", "))
    )
    frame = left_join_aligned(left_join_aligned(topics.df.select("topic"), by_topic, ["topic"]), where, ["topic"])
    choice = pl.lit(_has_choice(brokers), pl.Boolean)
    return Verdicts("topic", frame.with_columns(applies=choice & pl.col("several")).drop("several"))


def _has_choice(brokers: Brokers) -> bool | None:
    """The cluster has at least two racks; None where a rack that was not seen decides."""
    racks = [broker.rack for broker in brokers.rows]
    if len({rack for rack in racks if rack}) > 1:
        return True
    return None if None in racks else False
