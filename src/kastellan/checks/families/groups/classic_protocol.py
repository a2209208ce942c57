"""A group uses the classic protocol though the cluster offers the new one.

**What it means.** The cluster supports the consumer protocol of KIP-848, in which the broker assigns partitions and a
rebalance stops only those that change. The group's members still use the classic protocol: each rebalance is a
meeting of all members, led by one of them, and slow or crashing members disturb everybody.

**What it looks like**

    $ kafka-groups.sh --bootstrap-server b1:9092 --list
    GROUP    TYPE     PROTOCOL
    billing  Classic  consumer

**When it is wrong.** Clients choose: `group.protocol=consumer` needs Java clients 4.0 or librdkafka 2.12 or newer, and
some have their own assignors or regular expressions that it does not know. Kafka Streams and Connect have protocols
of their own; Streams with the classic one cannot be distinguished here. Its severity is always info.
"""

import polars as pl

from kastellan.checks.check import Check, Verdicts
from kastellan.checks.text_exprs import count_expr
from kastellan.model.finding import Severity
from kastellan.model.tables.features import Features
from kastellan.model.tables.groups import Groups

CHECK = Check(
    id="groups.classic_protocol",
    title="Group uses the classic protocol",
    severity=Severity.INFO,
    observed="classic, with {member_count}",
    expected="the consumer protocol",
    impact="Each rebalance of the group is a meeting of all its members.",
    do="When its clients are new enough, set group.protocol=consumer in one member after the other: the group is converted while "
    "it runs (group.consumer.migration.policy of the brokers).",
    do_not="Do not switch groups with assignors of their own before these have a counterpart on the brokers.",
    verify="kastellan get groups",
    undo="Set group.protocol=classic in one member after the other; the group is converted back.",
    kafka="4.0 or newer",
    references=("KIP-848",),
)


def evaluate(groups: Groups, features: Features) -> Verdicts:
    """Fails where a living consumer group is classic and group.version is in force; null where that was not seen."""
    level = next((feature.finalized_level for feature in features.rows if feature.feature == "group.version"), 0)
    offered = None if level is None or not features.rows else level >= 1
    living = pl.col("members") > 0
    return Verdicts(
        "group",
        groups.df.lazy().select(
            "group",
            fails=pl.col("type") == "classic",
            applies=pl.lit(offered, pl.Boolean) & living & (pl.col("protocol_type") == "consumer"),
            member_count=count_expr("members", "member"),
        ),
    )
