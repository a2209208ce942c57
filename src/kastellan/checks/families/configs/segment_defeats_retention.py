"""Records outlive their retention, because their segment is still being written.

**What it means.** Kafka deletes whole segments, and a segment is due when its newest record is. Where little is written,
one segment spans segment.ms (7 days by default): its first records live that much longer than retention.ms
says. For data that must be gone by law after a day, that matters.

**What it looks like**

    $ kafka-topics.sh --describe --topic logins
    Topic: logins  ReplicationFactor: 3  Configs: retention.ms=86400000
    (no segment.ms among the configs: it is 7 days; each partition has some MiB, so it is time that rolls the segment)

**When it is wrong.** Where longer than asked does no harm. A partition that holds a whole segment or more is not judged: there
the size rolls segments first. Kafka's own topics and compacted ones are not judged.
"""

import polars as pl

from kastellan.checks.check import Check, Setting, Verdicts
from kastellan.model.finding import Severity
from kastellan.model.tables.replica_sizes import ReplicaSizes
from kastellan.model.tables.topics import Topics
from kastellan.views.topic_settings import TopicSettings

CHECK = Check(
    id="configs.segment_defeats_retention",
    title="Records outlive their retention",
    severity=Severity.INFO,
    observed=(
        "kept for {retention_ms:duration}, while a segment is written for {segment_ms:duration} or until {segment_bytes:bytes}; "
        "the largest replica has {largest_bytes:bytes}"
    ),
    expected="segment.ms of no more than {factor:g} times retention.ms, where the size does not roll segments first",
    impact="Records stay for up to {segment_ms:duration} longer than the retention says.",
    do=(
        "kafka-configs.sh --alter --entity-type topics --entity-name TOPIC --add-config segment.ms=MS, with a part of the "
        "retention (a quarter, say)."
    ),
    do_not="Do not set segment.ms to minutes on topics with many partitions: each segment is three open files.",
    verify="kastellan doctor --only configs.segment_defeats_retention",
    undo="kafka-configs.sh --alter --entity-type topics --entity-name TOPIC --delete-config segment.ms",
    settings=(
        Setting(
            name="factor", default=2, unit="", meaning="so many times the retention may a segment's time be", low=1, high=1000
        ),
    ),
    references=("Kafka documentation, Topic Configs: segment.ms, retention.ms",),
)


def evaluate(topics: Topics, settings: TopicSettings, sizes: ReplicaSizes, *, factor: float) -> Verdicts:
    """Fails where time rolls the segments and takes longer than the retention; null where a replica was not seen."""
    policy, kept = pl.col("cleanup_policy"), pl.col("retention_ms")
    long = (kept > 0) & (pl.col("segment_ms") > kept * factor) & policy.str.contains("delete", literal=True)
    # There are many replicas: only those count whose topic may fail.
    suspects = settings.df.select("topic", long=long).filter(pl.col("long").ne_missing(pl.lit(value=False)))
    of_topic = (
        sizes.df.join(suspects, on="topic", how="semi")
        .group_by("topic")
        .agg(largest_bytes=pl.col("size_bytes").max(), unknown=pl.col("size_bytes").null_count())
    )
    # A broker of whose replicas nothing is known may hold a large one of any topic.
    hidden = sizes.df["topic"].null_count() > 0
    largest, segment = pl.col("largest_bytes"), pl.col("segment_bytes")
    # No replica at all was reported: nothing is known of its size.
    all_seen = pl.when(pl.col("unknown").is_null() | pl.lit(hidden)).then(None).otherwise(pl.col("unknown") == 0)
    time_rolls = pl.when(largest >= segment).then(False).when(all_seen).then((largest > 0) & (largest < segment))
    return Verdicts(
        "topic",
        topics.df.lazy()
        .select("topic")
        .join(settings.df.lazy(), on="topic", how="left")
        .join(of_topic.lazy(), on="topic", how="left")
        .select(
            "topic",
            (long & time_rolls).alias("fails"),
            (~(pl.col("kafkas_own") | policy.str.contains("compact", literal=True))).alias("applies"),
            *("retention_ms", "segment_ms", "segment_bytes", "largest_bytes"),
        ),
    )
