"""One of Kafka's own topics has fewer replicas than the cluster could keep, or cannot be created.

**What it means.** Commits, transactions, the state of share groups and the index of tiered storage live in topics of
Kafka's own. While a partition of theirs has no leader, the groups, producers or reads on it stop, whatever the
replication of the topics themselves. Usually the topic was created when the cluster had one broker, or a sample file
with `offsets.topic.replication.factor=1` was used. A topic that does not exist yet is created when the first group or
transaction needs it, with the replication factor that the brokers have configured. Where that is larger than the number
of registered brokers the creation fails, and no group can join and no transaction can begin.

**What it looks like**

    $ kafka-topics.sh --describe --topic __consumer_offsets
    Topic: __consumer_offsets  PartitionCount: 50  ReplicationFactor: 2

    ERROR [AutoTopicCreationManager] ... Unable to replicate the partition 3 time(s): The target replication factor of 3
    cannot be reached because only 1 broker(s) are registered. (InvalidReplicationFactorException)

**When it is wrong.** On a cluster that was for development and has grown, it is the first thing to fix. While a
reassignment adds the replicas the finding stands until they are there.
"""

from typing import Annotated, Any

import polars as pl

from kastellan.checks.check import Check, Verdicts
from kastellan.checks.text_exprs import count_expr
from kastellan.engine.needs import Keys
from kastellan.kernel.units import plural
from kastellan.model.finding import Severity
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.topics import Topics
from kastellan.views.partition_copies import PartitionCopies

CHECK = Check(
    id="configs.internal_topics_rf",
    title="One of Kafka's own topics has too few copies",
    severity=Severity.WARNING,
    observed="{how}",
    expected="{wanted}",
    impact="{consequence}",
    do=(
        "Where the topic exists: raise the replication factor with kafka-reassign-partitions.sh, a few partitions at a time "
        "and throttled, and set "
        "offsets.topic.replication.factor, transaction.state.log.replication.factor and "
        "share.coordinator.state.topic.replication.factor to 3 for what is yet to be created. "
        "Where it cannot be created: set its config to at most the number of brokers and restart them, or start more brokers."
    ),
    do_not="Do not delete the topic to have it re-created: commits and transactions are in it.",
    verify="kastellan doctor --only configs.internal_topics_rf",
    undo="Reassign back to the former replicas.",
    follows_from=("replication.single_replica",),
    # Too few stays too few, however many more brokers and partitions there are.
    monotone=True,
    references=("Kafka documentation, Broker Configs: offsets.topic.replication.factor", "KIP-932"),
)
_COPIES = 3
FACTORS = {
    "__consumer_offsets": "offsets.topic.replication.factor",
    "__transaction_state": "transaction.state.log.replication.factor",
    "__share_group_state": "share.coordinator.state.topic.replication.factor",
}
"""The broker configs by which brokers make these topics when they are first needed."""
RESTS = {
    "__consumer_offsets": "the groups on them",
    "__transaction_state": "transactions",
    "__share_group_state": "share groups",
    "__remote_log_metadata": "reads and writes of tiered topics",
}


def evaluate(
    topics: Topics, copies: PartitionCopies, brokers: Brokers, configs: Annotated[BrokerConfigs, Keys(*FACTORS.values())]
) -> Verdicts:
    """Fails where a partition has fewer replicas than 3, or than there are brokers; null where it was not seen.

    A topic that does not exist fails where a broker would make it with more replicas than brokers are registered. Whether
    it is there is read from the list of topics: FindCoordinator is never sent, because it may make the topic.
    """
    sure = sum(broker.registered is True for broker in brokers.rows)
    most = sum(broker.registered is not False for broker in brokers.rows)
    least = min(_COPIES, sure)
    replicas = pl.col("replicas")
    of_topic = (
        copies.df.lazy()
        .filter(pl.col("topic").is_in(list(RESTS)))
        .group_by("topic")
        .agg(
            low=(replicas < least).any(ignore_nulls=False),
            maybe_low=(replicas < min(_COPIES, most)).any(ignore_nulls=False),
            short=(replicas < least).sum(),
            partitions=pl.len(),
            fewest=replicas.min(),
        )
    )
    existing = (
        topics.df.lazy()
        .select("topic")
        .join(of_topic, on="topic", how="left")
        .select(
            "topic",
            fails=pl.when(pl.col("low")).then(pl.lit(value=True)).when(~pl.col("maybe_low")).then(pl.lit(value=False)),
            applies=pl.col("topic").is_in(list(RESTS)),
            short=pl.col("short").cast(pl.Int64),
            partitions=pl.col("partitions").cast(pl.Int64),
            fewest=pl.col("fewest").cast(pl.Int64),
            how=pl.format("{} of {} have fewer than {} replicas, the fewest {}", "short", _partitions(), pl.lit(least), "fewest"),
            wanted=pl.lit(plural(least, "replica")),
            consequence=pl.format("With {} away, what rests on these partitions stops: {}.", _brokers(), _rests()),
        )
    )
    rows = _not_made(topics, configs, sure, None if brokers.unseen else most)
    missing = pl.LazyFrame(rows, schema=existing.collect_schema()).with_columns(
        consequence=pl.format("The first client that needs it waits in vain: {}.", _rests())
    )
    return Verdicts("topic", pl.concat([existing, missing]))


def _partitions() -> pl.Expr:
    return count_expr("partitions", "partition")


def _brokers() -> pl.Expr:
    return count_expr("fewest", "broker")


def _rests() -> pl.Expr:
    return pl.col("topic").replace_strict(RESTS, default=None, return_dtype=pl.String)


def _not_made(topics: Topics, configs: BrokerConfigs, sure: int, most: int | None) -> list[dict[str, Any]]:
    """The topics that no broker has made yet; `most` brokers are registered at most, None where that is not known."""
    rows: list[dict[str, Any]] = []
    for topic in sorted(FACTORS.keys() - set(topics.df["topic"].to_list())):
        config = FACTORS[topic]
        values = configs.values(config, pl.Int64)
        factors = values[config]
        # A release that does not know the config says so, and makes no such topic.
        without = configs.df.filter(
            (pl.col("config") == config) & pl.col("seen") & pl.col("source").is_null() & pl.col("value").is_null()
        )
        unknown_config = 0 < values.height == without.height
        highest = int(max(factors.drop_nulls(), default=0))
        fails = None
        if not topics.unseen:
            fine = values.height > 0 and not factors.null_count() and highest <= sure
            fails = True if most is not None and highest > most else False if fine else None
        registered = plural(most or sure, "registered broker")
        rows.append(
            {
                "topic": topic,
                "fails": fails,
                "applies": not unknown_config,
                "how": f"it does not exist yet, and {config} is {highest} with {registered}: it cannot be created",
                "wanted": f"{config} of at most {most or sure}",
            }
        )
    return rows
