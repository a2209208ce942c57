"""A topic with three replicas promises no more than one with a single one.

**What it means.** With min.insync.replicas 1 (the broker's default) the leader acknowledges acks=all as soon as it alone
has the record, whenever its followers are out of the ISR. A record so acknowledged is lost with that one broker, and
the producer that asked for the strongest promise does not learn of it.

**What it looks like**

    $ kafka-topics.sh --describe --topic orders
    Topic: orders  PartitionCount: 12  ReplicationFactor: 3  Configs: segment.bytes=1073741824
    (no min.insync.replicas among the configs: it is 1)

**When it is wrong.** For metrics, logs and other data of which some may be lost, availability may be worth more. Topics
with one or two replicas are not judged: two replicas with a minimum of 2 bear no restart. Producers with acks=1 or
acks=0 have no promise to begin with.
"""

import polars as pl

from kastellan.checks.check import Check, Setting, Verdicts
from kastellan.model.finding import Severity
from kastellan.model.tables.topics import Topics
from kastellan.views.partition_copies import PartitionCopies

CHECK = Check(
    id="replication.min_insync_pointless",
    title="acks=all may mean one copy",
    severity=Severity.INFO,
    observed="min.insync.replicas is 1 with {copies} replicas",
    expected="min.insync.replicas 2 where there are 3 replicas",
    impact="A record acknowledged with acks=all may be on one broker only, and is lost with it.",
    do="kafka-configs.sh --alter --entity-type topics --entity-name TOPIC --add-config min.insync.replicas=2; set it in the "
    "brokers' configuration for topics to come.",
    do_not="Do not raise it while partitions of the topic are under-replicated: their producers are refused at once. "
    "Do not set it to the number of replicas: then no broker can be restarted.",
    verify="kastellan doctor --only replication.min_insync_pointless",
    undo="kafka-configs.sh --alter --entity-type topics --entity-name TOPIC --delete-config min.insync.replicas",
    settings=(
        Setting(name="min_copies", default=3, unit="replicas", meaning="topics with fewer are not judged", low=2, high=100),
    ),
    references=("Kafka documentation, Topic configs: min.insync.replicas",),
)


def evaluate(topics: Topics, copies: PartitionCopies, min_copies: float) -> Verdicts:
    """Fails where the minimum is 1 though every partition has enough replicas; null where either was not seen."""
    enough = pl.col("target") >= min_copies
    of_topic = (
        copies.df.lazy()
        .group_by("topic")
        .agg(
            applies=enough.all(ignore_nulls=False),
            fails=(pl.col("configured_min") <= 1).all(ignore_nulls=False),
            copies=pl.col("target").min(),
        )
    )
    return Verdicts("topic", topics.df.lazy().select("topic").join(of_topic, on="topic", how="left"))
