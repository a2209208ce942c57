"""Brokers have different values of a setting that should be the same on all.

**What it means.** Some settings of a broker decide for whatever it happens to lead or coordinate. When brokers differ,
the same topic, group or client is treated differently from one leader election to the next: an error that comes and
goes with leadership and is very hard to find. Mostly one broker was installed later, or a change was rolled out in part.

**What it looks like**

    $ kafka-configs.sh --bootstrap-server b1:9092 --describe --all --broker 1 | grep min.insync
      min.insync.replicas=2 sensitive=false synonyms={STATIC_BROKER_CONFIG:min.insync.replicas=2, ...}
    $ kafka-configs.sh --bootstrap-server b1:9092 --describe --all --broker 3 | grep min.insync
      min.insync.replicas=1 sensitive=false synonyms={DEFAULT_CONFIG:min.insync.replicas=1}

**When it is wrong.** During a roll that changes a setting, and during an upgrade to a version with another default, the
finding is true and passes by itself. Only a list of settings that must agree is compared (below, each with its reason):
nothing that belongs to a host (addresses, directories, rack, thread counts, memory), no listeners, no secrets. Settings that
Kafka prints as empty when they are not set (log.retention.ms) are left out, because empty cannot be distinguished from unseen.
"""

from types import MappingProxyType
from typing import Annotated

import polars as pl

from kastellan.checks.check import Check, Verdicts
from kastellan.engine.needs import Keys
from kastellan.model.finding import Severity
from kastellan.model.tables.broker_configs import BrokerConfigs

CHECK = Check(
    id="configs.broker_drift",
    title="Brokers disagree on a setting",
    severity=Severity.WARNING,
    observed="{who_has_what}",
    expected="the same value on every broker",
    impact="{because}",
    do=(
        "Decide which value is right. Set it for the whole cluster where Kafka allows it (kafka-configs.sh --alter "
        "--entity-type brokers --entity-default --add-config KEY=VALUE), else in the properties of the differing brokers,"
        " followed by a rolling restart."
    ),
    do_not=(
        "Do not change it by hand on one broker where Strimzi, Ansible, Terraform or another owner writes the properties:"
        " change it there. Do not restart several brokers at once."
    ),
    verify="kastellan doctor --only configs.broker_drift: the setting is not listed.",
    undo="Set the former value again; kafka-configs.sh --delete-config KEY removes a cluster-wide one.",
    # Two values that differ stay different, whatever else is seen.
    monotone=True,
    references=("KIP-226", "Kafka documentation, Broker Configs"),
)

_MOST_NAMED = 8
"""So many brokers are named for one value; more are counted."""

_WARNING, _INFO = "warning", "info"
MUST_AGREE = MappingProxyType(
    {
        "min.insync.replicas": (
            _WARNING,
            "For topics without their own value, the leader's value decides whether acks=all is accepted.",
        ),
        "unclean.leader.election.enable": (
            _WARNING,
            "The value of the node that elects decides whether data may be lost for availability.",
        ),
        "default.replication.factor": (
            _WARNING,
            "Topics created without a replication factor get the value of the node that creates them.",
        ),
        "num.partitions": (_INFO, "Topics created without a number of partitions get the value of the node that creates them."),
        "auto.create.topics.enable": (
            _WARNING,
            "Whether a mistyped topic name creates a topic depends on the broker that is asked.",
        ),
        "delete.topic.enable": (_WARNING, "Whether a topic can be deleted depends on the node that is asked."),
        "message.max.bytes": (
            _WARNING,
            "Whether a large batch is accepted depends on the leader, for topics without their own value.",
        ),
        "socket.request.max.bytes": (_WARNING, "Whether a large request is accepted depends on the broker."),
        "replica.lag.time.max.ms": (_WARNING, "When a slow replica leaves the ISR depends on the leader."),
        "log.retention.hours": (
            _WARNING,
            "How long records are kept depends on the replica, for topics without their own value.",
        ),
        "log.retention.bytes": (
            _WARNING,
            "How much of a partition is kept depends on the replica, for topics without their own value.",
        ),
        "log.cleanup.policy": (
            _WARNING,
            "Whether records are deleted or compacted depends on the replica, for topics without their own value.",
        ),
        "log.segment.bytes": (_INFO, "Retention and compaction work by whole segments, whose size depends on the broker."),
        "log.message.timestamp.type": (
            _WARNING,
            "Whether a record has the producer's or the broker's time depends on the leader.",
        ),
        "compression.type": (_INFO, "How batches are compressed depends on the leader."),
        "offsets.retention.minutes": (_WARNING, "When the commits of a group without members expire depends on its coordinator."),
        "group.min.session.timeout.ms": (_INFO, "Whether a consumer's session timeout is accepted depends on its coordinator."),
        "group.max.session.timeout.ms": (_INFO, "Whether a consumer's session timeout is accepted depends on its coordinator."),
        "transaction.max.timeout.ms": (
            _WARNING,
            "Whether a producer's transaction timeout is accepted depends on its coordinator.",
        ),
        "offsets.topic.replication.factor": (
            _WARNING,
            "The replication of __consumer_offsets depends on the node that creates it.",
        ),
        "transaction.state.log.replication.factor": (
            _WARNING,
            "The replication of __transaction_state depends on the node that creates it.",
        ),
        "transaction.state.log.min.isr": (
            _WARNING,
            "Whether transactions go on with a broker away depends on the node that creates their topic.",
        ),
        "authorizer.class.name": (_WARNING, "A broker without the authorizer lets everybody do everything."),
        "ssl.client.auth": (_WARNING, "Whether a client needs a certificate depends on the broker."),
        "sasl.enabled.mechanisms": (_WARNING, "Whether a client can log in depends on the broker."),
        "sasl.mechanism.inter.broker.protocol": (_WARNING, "Brokers may be unable to log in to each other."),
    }
)
"""Settings that must agree between brokers, whatever their role and hardware, with severity and reason.

All have a value on every version from 2.8 on, are not sensitive and are printed even when they are not set.
"""


def evaluate(configs: Annotated[BrokerConfigs, Keys(*MUST_AGREE)]) -> Verdicts:
    """Fails where two brokers' values differ; null where none differ and a broker's value was not seen.

    The order of a list (mechanisms, policies) is no difference. A broker whose version does not have a setting (told,
    with neither value nor source) has no part in it.
    """
    items = pl.col("value").str.split(",").list.eval(pl.element().str.strip_chars()).list.sort()
    per_value = (
        configs.df.lazy()
        .select("config", value=items.list.join(","), absent=pl.col("seen") & pl.col("source").is_null())
        .group_by("config")
        .agg(
            values=pl.col("value").drop_nulls().n_unique(),
            all_seen=(pl.col("value").is_not_null() | pl.col("absent")).all(ignore_nulls=False),
        )
    )
    # A setting of which no broker reported anything has no row: it stays, unknown.
    wanted = pl.LazyFrame(
        [(name, severity, because) for name, (severity, because) in MUST_AGREE.items()],
        schema=["config", "severity", "because"],
        orient="row",
    )
    frame = (
        wanted.join(per_value, on="config", how="left", maintain_order="left")
        .join(_who_has_what(configs), on="config", how="left")
        .with_columns(fails=pl.when(pl.col("values") > 1).then(True).when(pl.col("all_seen")).then(False))
    )
    return Verdicts("broker_config", frame.drop("values", "all_seen"))


def _who_has_what(configs: BrokerConfigs) -> pl.LazyFrame:
    """Per setting, in words: each value with its brokers, the most frequent first."""
    shown = pl.when(pl.col("value") == "").then(pl.lit("(empty)")).otherwise(pl.col("value"))
    named_brokers = pl.col("broker").sort().cast(pl.String)
    brokers = pl.when(pl.len() > _MOST_NAMED).then(pl.format("{} brokers", pl.len())).otherwise(named_brokers.str.join(", "))
    return (
        configs.df.lazy()
        .drop_nulls("value")
        .group_by("config", shown.alias("shown"))
        .agg(brokers=brokers, count=pl.len())
        .sort("config", "count", "shown", descending=[False, True, False])
        .group_by("config", maintain_order=True)
        .agg(who_has_what=pl.format("{} on {}", "shown", "brokers").str.join("; "))
    )
