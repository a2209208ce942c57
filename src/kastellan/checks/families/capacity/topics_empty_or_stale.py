"""A topic holds nothing: it was never used, or nobody has written to it within its retention.

**What it means.** No partition of the topic holds a record. Either there never was one, or the last ones were older than
its retention and are deleted. It costs partitions all the same: metadata, open files, time at every restart. Often it
is the trace of a mistyped name, of a test, or of a service that is gone.

**What it looks like**

    $ kafka-get-offsets.sh --bootstrap-server b1:9092 --topic ordres
    ordres:0:0
    ordres:1:0

**When it is wrong.** Dead-letter topics and topics made for later are empty as long as all is well. So the severity is info,
folded with others into a number. Kafka's own topics, those of Streams (changelog, repartition), and those whose
partitions a member of a group owns now are not judged. A compacted topic keeps its records, and is not reported however
long nobody wrote to it; nor is one whose records were all written in a transaction that was aborted.
"""

import polars as pl

from kastellan.checks.check import Check, Verdicts
from kastellan.checks.text_exprs import count_expr
from kastellan.model.finding import Severity
from kastellan.model.tables.assignments import Assignments
from kastellan.model.tables.offsets import Offsets
from kastellan.model.tables.topics import Topics

CHECK = Check(
    id="capacity.topics_empty_or_stale",
    title="Topic holds no record",
    severity=Severity.INFO,
    observed="{how} in {partitions}",
    expected="topics that are in use",
    impact="Its partitions cost metadata, open files and time at restarts.",
    do="Ask its owner whether it is needed. If not, note its configuration and delete it.",
    do_not="Do not delete it because of this finding alone: dead-letter topics are empty as long as all is well, and a producer "
    "may be about to start.",
    verify="kastellan doctor --only capacity.topics_empty_or_stale",
    undo="A deleted topic can be re-created; its id and its groups' commits are lost.",
    references=("Kafka documentation, Operations: adding and removing topics",),
)

_STREAMS = r"-(changelog|repartition)$"


def evaluate(topics: Topics, offsets: Offsets, assignments: Assignments) -> Verdicts:
    """Fails where every partition ends where it starts; null where none is known to hold a record and one was not seen."""
    of_topic = (
        offsets.df.lazy()
        .group_by("topic")
        .agg(
            empty=(pl.col("latest") == pl.col("earliest")).all(ignore_nulls=False),
            never=(pl.col("latest") == 0).all(ignore_nulls=False),
            count=pl.len(),
        )
    )
    read = assignments.df.lazy().select("topic").drop_nulls().unique().with_columns(read=pl.lit(value=True))
    # An assignment that could not be read may be one of any topic.
    nobody = pl.lit(None if assignments.df["topic"].null_count() else False, pl.Boolean)
    kafkas_own = pl.col("internal") | pl.col("topic").str.starts_with("__") | pl.col("topic").str.contains(_STREAMS)
    return Verdicts(
        "topic",
        topics.df.lazy()
        .select("topic", "internal")
        .join(of_topic, on="topic", how="left", maintain_order="left")
        .join(read, on="topic", how="left", maintain_order="left")
        .select(
            "topic",
            fails="empty",
            applies=~kafkas_own & ~pl.coalesce("read", nobody),
            how=pl.when("never").then(pl.lit("never a record")).otherwise(pl.lit("no record is left")),
            partitions=count_expr("count", "partition"),
        ),
    )
