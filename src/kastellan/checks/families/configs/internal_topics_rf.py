"""One of Kafka's own topics has fewer copies than the cluster could keep.

**What it means.** Commits, transactions, the state of share groups and the index of tiered storage live in topics of
Kafka's own. While a partition of theirs has no leader, the groups, producers or reads on it stop, whatever the
replication of the topics themselves. Mostly the topic was made when the cluster had one broker, or a sample file with
`offsets.topic.replication.factor=1` was used.

**What it looks like**

    $ kafka-topics.sh --describe --topic __consumer_offsets
    Topic: __consumer_offsets  PartitionCount: 50  ReplicationFactor: 2

**When it is wrong.** On a cluster that was for development and has grown, it is the first thing to mend. While a
reassignment adds the replicas the finding stands until they are there.
"""

import polars as pl

from kastellan.checks.check import Check, Verdicts
from kastellan.model.finding import Severity
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.topics import Topics
from kastellan.views.partition_copies import PartitionCopies

CHECK = Check(
    id="configs.internal_topics_rf",
    title="One of Kafka's own topics has too few copies",
    severity=Severity.WARNING,
    observed="{short} of {partitions} partitions have fewer than {least} replicas, the fewest {fewest}",
    expected="{least} replicas",
    impact="With {fewest} brokers away, what rests on these partitions stops: {rests}.",
    do=(
        "Raise the replication factor with kafka-reassign-partitions.sh, a few partitions at a time and throttled, and set "
        "offsets.topic.replication.factor, transaction.state.log.replication.factor and "
        "share.coordinator.state.topic.replication.factor to 3 for what is yet to be made."
    ),
    do_not="Do not delete the topic to have it made anew: commits and transactions are in it.",
    verify="kastellan doctor --only configs.internal_topics_rf",
    undo="Reassign back to the former replicas.",
    follows_from=("replication.single_replica",),
    # Too few stays too few, however many more brokers and partitions there are.
    monotone=True,
    references=("Kafka documentation, Broker Configs: offsets.topic.replication.factor", "KIP-932"),
)
_COPIES = 3
RESTS = {
    "__consumer_offsets": "the groups on them",
    "__transaction_state": "transactions",
    "__share_group_state": "share groups",
    "__remote_log_metadata": "reads and writes of tiered topics",
}


def evaluate(topics: Topics, copies: PartitionCopies, brokers: Brokers) -> Verdicts:
    """Fails where a partition has fewer replicas than 3, or than there are brokers; null where it was not seen."""
    sure = min(_COPIES, sum(each.registered is True for each in brokers.rows))
    most = min(_COPIES, sum(each.registered is not False for each in brokers.rows))
    replicas = pl.col("replicas")
    of_topic = (
        copies.df.lazy()
        .filter(pl.col("topic").is_in(list(RESTS)))
        .group_by("topic")
        .agg(
            low=(replicas < sure).any(ignore_nulls=False),
            maybe_low=(replicas < most).any(ignore_nulls=False),
            short=(replicas < sure).sum(),
            partitions=pl.len(),
            fewest=replicas.min(),
        )
    )
    ours = pl.col("topic").is_in(list(RESTS))
    return Verdicts(
        "topic",
        topics.df.lazy()
        .select("topic")
        .join(of_topic, on="topic", how="left")
        .select(
            "topic",
            pl.when(pl.col("low")).then(True).when(~pl.col("maybe_low")).then(False).alias("fails"),
            pl.when(ours).then(True).otherwise(False).alias("applies"),
            *("short", "partitions", "fewest"),
            rests=pl.col("topic").replace_strict(RESTS, default=None, return_dtype=pl.String),
            least=pl.lit(sure),
        ),
    )
