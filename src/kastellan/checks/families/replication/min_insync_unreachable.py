"""A topic demands more replicas in sync than it has.

**What it means.** min.insync.replicas is above the number of replicas. Kafka 3.7 and newer take the number of replicas in
its place without a word: acks=all then needs every replica, and any restart refuses writes. Brokers before 3.7 refuse
every write with acks=all, always.

**What it looks like**

    $ kafka-topics.sh --describe --topic orders
    Topic: orders  PartitionCount: 12  ReplicationFactor: 2  Configs: min.insync.replicas=3

    NotEnoughReplicasException: The size of the current ISR : 2 is insufficient to satisfy the min.isr requirement of 3

**When it is wrong.** Never as a statement about the configuration. How bad it is depends on the brokers' version, which
is read from the requests they speak (Produce 10 came with 3.7): where an older one is seen it is an error. On a cluster
of one broker the number cannot be reached by any topic: then the severity is info.
"""

import polars as pl

from kastellan.checks.check import Check, Verdicts
from kastellan.model.finding import Severity
from kastellan.model.tables.api_versions import ApiVersions
from kastellan.model.tables.topics import Topics
from kastellan.views.partition_copies import PartitionCopies

CHECK = Check(
    id="replication.min_insync_unreachable",
    title="Topic demands more copies than it has",
    severity=Severity.INFO,
    observed="min.insync.replicas is {configured_min} with {copies} replicas{how_taken}",
    expected="min.insync.replicas below the number of replicas",
    impact="At best every replica must be in sync for acks=all, so that no broker can be restarted; before Kafka 3.7 every "
    "such write is refused.",
    do="Raise the number of replicas (kafka-reassign-partitions.sh, throttled), or set min.insync.replicas of the topic to one "
    "less than it has.",
    do_not="Do not set it to 1 for data that must last.",
    verify="kastellan doctor --only replication.min_insync_unreachable",
    undo="Set the former value again.",
    references=("KIP-966", "Kafka documentation, Topic configs: min.insync.replicas"),
)

_PRODUCE, _SINCE_3_7 = 0, 10


def evaluate(topics: Topics, copies: PartitionCopies, versions: ApiVersions | None) -> Verdicts:
    """Fails where a partition has fewer replicas than its topic demands; null where none is known and one was not seen."""
    short = pl.col("configured_min") > pl.col("replicas")
    of_topic = (
        copies.df.lazy()
        .group_by("topic")
        .agg(
            fails=short.any(ignore_nulls=False),
            copies=pl.col("replicas").min(),
            configured_min=pl.col("configured_min").max(),
        )
    )
    old = _refuses_always(versions)
    severity = Severity.ERROR if old else Severity.INFO
    how_taken = "; its brokers are older than 3.7 and refuse acks=all always" if old else ""
    return Verdicts(
        "topic",
        topics.df.lazy()
        .select("topic")
        .join(of_topic, on="topic", how="left")
        .with_columns(severity=pl.lit(severity.value), how_taken=pl.lit(how_taken)),
    )


def _refuses_always(versions: ApiVersions | None) -> bool:
    """A broker is known to be older than 3.7."""
    if versions is None:
        return False
    produce = versions.df.filter(pl.col("api_key") == _PRODUCE)["max_version"]
    return bool((produce < _SINCE_3_7).any())
