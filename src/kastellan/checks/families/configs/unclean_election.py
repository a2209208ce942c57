"""A replica that lacks records may become leader.

**What it means.** With unclean.leader.election.enable, when no replica in sync is left, one that is behind is elected
instead of waiting. The partition is available at once, and every acknowledged record that the new leader does not have is
gone, for all replicas: they truncate to it.

**What it looks like**

    $ kafka-topics.sh --describe --topic orders
    Topic: orders  PartitionCount: 12  ReplicationFactor: 3  Configs: unclean.leader.election.enable=true

**When it is wrong.** For metrics and logs availability may be worth more than records: then it is meant. A value that the
topic has itself is a warning, because it is usually left over from an emergency; one that comes from the brokers has
severity info. Topics with a single replica have nobody else to elect, and are not judged.
"""

import polars as pl

from kastellan.checks.check import Check, Verdicts
from kastellan.model.finding import Severity
from kastellan.model.tables.topics import Topics
from kastellan.views.partition_copies import PartitionCopies
from kastellan.views.topic_settings import TopicSettings

CHECK = Check(
    id="configs.unclean_election",
    title="A replica that is behind may become leader",
    severity=Severity.WARNING,
    observed="unclean.leader.election.enable=true, {whose}",
    expected="unclean.leader.election.enable=false",
    impact="When the replicas in sync are away, acknowledged records are lost instead of the partition waiting for them.",
    do=(
        "If the records matter: kafka-configs.sh --alter --entity-type topics --entity-name TOPIC --delete-config "
        "unclean.leader.election.enable (with --entity-type brokers --entity-default where it comes from the brokers)."
    ),
    do_not="Do not change it while partitions of the topic have no leader: they may be waiting for just this election.",
    verify="kastellan doctor --only configs.unclean_election",
    undo="kafka-configs.sh --alter --entity-type topics --entity-name TOPIC --add-config unclean.leader.election.enable=true",
    references=("Kafka documentation, Unclean leader election", "KIP-106"),
)


def evaluate(topics: Topics, settings: TopicSettings, copies: PartitionCopies) -> Verdicts:
    """Fails where it is on; null where it was not seen. Not applicable where no partition has a second replica."""
    replicated = copies.df.group_by("topic").agg((pl.col("replicas") > 1).any(ignore_nulls=False).alias("applies"))
    own = pl.col("unclean_election_own")
    return Verdicts(
        "topic",
        topics.df.select("topic")
        .join(settings.df, on="topic", how="left")
        .join(replicated, on="topic", how="left")
        .select(
            "topic",
            pl.col("unclean_election").alias("fails"),
            "applies",
            severity=pl.when(own).then(pl.lit(Severity.WARNING.value)).otherwise(pl.lit(Severity.INFO.value)),
            whose=pl.when(own).then(pl.lit("set on the topic")).otherwise(pl.lit("by the brokers' setting")),
        ),
    )
