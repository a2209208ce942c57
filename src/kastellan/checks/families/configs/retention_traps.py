"""A topic keeps its records for ever, or hardly at all.

**What it means.** Two values that are easily left behind. With retention.ms=-1 and no retention.bytes, or with an empty
cleanup.policy, nothing is ever deleted: the disk fills, later. With a retention of seconds, set to empty a topic and not
taken back, every consumer that is away for a moment loses records.

**What it looks like**

    $ kafka-topics.sh --describe --topic orders
    Topic: orders  ReplicationFactor: 3  Configs: retention.ms=1000

**When it is wrong.** A topic that is the record of events may keep everything on purpose (the severity is info, then).
Kafka's own topics, and the repartition topics of Kafka Streams, which deletes from them what it has read, are not judged,
nor topics that are only compacted. retention.bytes counts for each partition, not for the topic: a value that looks right
for the topic keeps as many times more as there are partitions; no check can know which one was meant.
"""

import polars as pl

from kastellan.checks.check import Check, Setting, Verdicts
from kastellan.model.finding import Severity
from kastellan.model.tables.topics import Topics
from kastellan.views.topic_settings import TopicSettings

CHECK = Check(
    id="configs.retention_traps",
    title="Topic keeps records for ever, or hardly at all",
    severity=Severity.WARNING,
    observed="{trap}: cleanup.policy={cleanup_policy}, retention.ms={retention_ms}, retention.bytes={retention_bytes}",
    expected="a retention that was chosen",
    impact="{because}",
    do=(
        "Decide how long records are needed, and set it: kafka-configs.sh --alter --entity-type topics --entity-name TOPIC "
        "--add-config retention.ms=604800000 (7 days); or take the topic's own value away with --delete-config retention.ms."
    ),
    do_not="Do not set a short retention to free a disk before you know that nobody still needs the records: they are gone.",
    verify="kastellan doctor --only configs.retention_traps",
    undo="Set the former value again; what was deleted does not come back.",
    settings=(
        Setting(
            name="least_s", default=60, unit="s", meaning="a shorter retention is taken for a forgotten one", low=0, high=86_400
        ),
    ),
    references=("Kafka documentation, Topic Configs: retention.ms, retention.bytes, cleanup.policy", "KIP-1161"),
)
_MS = 1000


def evaluate(topics: Topics, settings: TopicSettings, *, least_s: float) -> Verdicts:
    """Fails where nothing bounds what is kept, or the bound is below `least_s`; null where that was not seen."""
    policy, ms = pl.col("cleanup_policy"), pl.col("retention_ms")
    deletes = policy.str.contains("delete", literal=True)
    for_ever = (policy == "") | (deletes & (ms == -1) & (pl.col("retention_bytes") == -1))
    short = deletes & (ms >= 0) & (ms < least_s * _MS)
    short_hours = pl.when(short)
    return Verdicts(
        "topic",
        topics.df.lazy()
        .select("topic")
        .join(settings.df.lazy(), on="topic", how="left")
        .select(
            "topic",
            (short | for_ever).alias("fails"),
            (~(pl.col("kafkas_own") | pl.col("topic").str.ends_with("-repartition"))).alias("applies"),
            *("cleanup_policy", "retention_ms", "retention_bytes"),
            severity=short_hours.then(pl.lit(Severity.WARNING.value)).otherwise(pl.lit(Severity.INFO.value)),
            trap=short_hours.then(pl.lit("hardly anything is kept")).otherwise(pl.lit("nothing is ever deleted")),
            because=short_hours.then(pl.lit("A consumer that is away for a moment misses records.")).otherwise(
                pl.lit("The topic grows until the disk is full.")
            ),
        ),
    )
