"""A topic keeps one copy of its data.

**What it means.** With replication factor 1 a broker's restart takes its partitions away, and a lost disk loses them.
For Kafka's own topics this is worse than it looks: without a partition of __consumer_offsets the groups on it stop.

**What it looks like**

    $ kafka-topics.sh --describe --topic __consumer_offsets
    Topic: __consumer_offsets  PartitionCount: 50  ReplicationFactor: 1

**When it is wrong.** For data that can be made again one copy may be meant. On a cluster of one broker there is no
choice, and nothing is said.
"""

import polars as pl

from kastellan.checks.check import Check, Verdicts
from kastellan.model.finding import Severity
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.topics import Topics
from kastellan.views.partition_copies import PartitionCopies

CHECK = Check(
    id="replication.single_replica",
    title="Topic has a single copy",
    severity=Severity.INFO,
    observed="{single} of {partitions} partitions have one replica",
    expected="at least 2 replicas, 3 for data that must last",
    impact="A restart of one broker takes these partitions away; a lost disk loses them.",
    do="Raise the replication factor with kafka-reassign-partitions.sh, broker by broker and throttled; "
    "set default.replication.factor (for Kafka's own topics offsets.topic.replication.factor and its like) for what comes.",
    do_not="Do not delete and create one of Kafka's own topics anew: the commits and transactions in it are lost.",
    verify="kastellan doctor --only replication.single_replica",
    undo="Reassign back to one replica.",
    references=("Kafka documentation, Operations: increasing replication factor",),
)


def evaluate(topics: Topics, copies: PartitionCopies, brokers: Brokers) -> Verdicts:
    """Fails where a partition has one replica; null where none was seen so and some were not seen."""
    single = pl.col("replicas") == 1
    counted = copies.df.group_by("topic").agg(
        single.any(ignore_nulls=False).alias("fails"), single.sum().alias("single"), pl.len().alias("partitions")
    )
    kafkas_own = pl.col("internal") | pl.col("topic").str.starts_with("__")
    return Verdicts(
        "topic",
        topics.df.lazy()
        .join(counted.lazy(), on="topic", how="left")
        .select(
            "topic",
            "fails",
            pl.lit(value=len(brokers.rows) > 1).alias("applies"),
            pl.when(kafkas_own).then(pl.lit(Severity.WARNING.value)).otherwise(pl.lit(Severity.INFO.value)).alias("severity"),
            "single",
            "partitions",
        ),
    )
