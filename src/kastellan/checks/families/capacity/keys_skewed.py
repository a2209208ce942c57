"""One partition of a topic gets most of its records.

**What it means.** Producers choose the partition by the key of a record. Where one key, or a few that fall together, carry
most records, one partition, the broker that leads it and the one member that reads it do nearly all of the work. More
partitions and more members do not help: a key stays in its partition.

**What it looks like**

    $ kafka-get-offsets.sh --bootstrap-server b1:9092 --topic orders
    orders:0:9481233
    orders:1:20117
    orders:2:19876

**When it is wrong.** Records are counted that the topic holds now, by offsets: a partition that was deleted up to some
record counts less. Compacted topics, Kafka's own and those with fewer than three partitions are not judged, nor are
topics with few records. A producer without keys that was moved to another partitioner may leave such a picture for as
long as the topic keeps its records. The severity is info, and warning where a group that is
behind on this partition has next to nothing to read on the others.
"""

from typing import Annotated

import polars as pl

from kastellan.checks.check import Check, Setting, Verdicts
from kastellan.engine.needs import Keys
from kastellan.model.align import expand_by_count, group_by_runs, left_join_aligned
from kastellan.model.finding import Severity
from kastellan.model.tables.offsets import Offsets
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.model.tables.topics import Topics
from kastellan.views.lag import Lag

CHECK = Check(
    id="capacity.keys_skewed",
    title="One partition gets most of the records",
    severity=Severity.INFO,
    observed="{records:count} records, the median of the topic's partitions is {median:count}{behind}",
    expected="at most {times:g} times the median",
    impact="One broker and one consumer do the work of the topic; more partitions or members do not help.",
    do="Find the key that most records carry (kafka-console-consumer.sh with print.key on this partition) and let producers "
    "add something to it that spreads it where order allows, or leave the key out where nobody needs the order.",
    do_not="Do not add partitions for it: the key stays together, and every other key moves to another partition.",
    verify="kastellan doctor --only capacity.keys_skewed",
    undo="A changed key is changed back in the producer; records that are written stay where they are.",
    settings=(
        Setting(name="times", default=10, unit="times", meaning="how often the topic's median it may hold", low=2, high=100_000),
        Setting(
            name="min_records", default=100_000, unit="records", meaning="fewer records in the partition are not judged", low=1,
            high=1_000_000_000_000,
        ),
    ),
    references=("Kafka documentation, Producer configs: partitioner.class", "KIP-480", "KIP-794"),
    proven_by="key_skew",
)  # fmt: skip

_PLACE = ["topic", "partition"]
_FEWEST = 3
_MOST_OF_ALL = 0.8
"""So much of a group's lag on the topic is on this one partition, where it suffers from the skew."""


def evaluate(
    offsets: Offsets,
    topics: Topics,
    configs: Annotated[TopicConfigs, Keys("cleanup.policy")],
    lag: Lag | None,
    *,
    times: float,
    min_records: float,
) -> Verdicts:
    """Fails where a partition holds so many times the median of its fellows; null where one of them was not seen."""
    number = pl.col("records")
    logs = offsets.df.select(*_PLACE, records=pl.col("latest") - pl.col("earliest"))
    # Of all, the partition itself too: with three or more the median is another one's number, or lies between two.
    of_topic = group_by_runs(logs, ["topic"], fellows=pl.len(), dark=number.null_count() > 0, median=number.median())
    of_topic = left_join_aligned(of_topic, topics.df.select("topic", "internal"), ["topic"])
    of_topic = left_join_aligned(of_topic, configs.values("cleanup.policy"), ["topic"]).select(
        *("topic", "fellows", "dark", "median"),
        applies=~pl.col("internal") & ~pl.col("topic").str.starts_with("__") & ~_is_compacted() & (pl.col("fellows") >= _FEWEST),
    )
    frame = expand_by_count(logs, of_topic, ["topic"], "fellows")
    # Many records are needed whatever the others hold.
    skewed = pl.when(pl.col("dark").not_()).then(number > times * pl.max_horizontal(pl.col("median"), 1.0))
    frame = frame.with_columns(fails=(number >= min_records) & skewed)
    frame = left_join_aligned(frame, _suffering(lag, frame.filter("fails")), _PLACE)
    # Partitions that nobody could list may be any topic's: their numbers would change the median.
    all_listed = pl.lit(None if offsets.unseen else True, pl.Boolean)
    return Verdicts(
        "partition",
        frame.select(
            *_PLACE,
            fails=pl.col("fails") & all_listed,
            applies="applies",
            severity=pl.when("suffers").then(pl.lit(Severity.WARNING.value)).otherwise(pl.lit(Severity.INFO.value)),
            records="records",
            median=pl.col("median").round().cast(pl.Int64),
            behind=pl.when("suffers").then(pl.format("; nearly all that {} has to read is here", "group")).otherwise(pl.lit("")),
        ),
    )


def _is_compacted() -> pl.Expr:
    return pl.col("cleanup.policy").str.contains("compact", literal=True)


def _suffering(lag: Lag | None, skewed: pl.DataFrame) -> pl.DataFrame:
    """Of the skewed partitions the group, by name the first, most of whose lag on the topic is there."""
    if lag is None or not skewed.height:
        return pl.DataFrame(schema={"topic": pl.String, "partition": pl.Int32, "group": pl.String, "suffers": pl.Boolean})
    share = pl.col("lag_records") / pl.col("lag_records").sum().over("group", "topic")
    dark = pl.col("lag_records").null_count().over("group", "topic") > 0
    return (
        lag.df.join(skewed, on="topic", how="semi")
        .filter(~dark & (pl.col("lag_records") > 0) & (share >= _MOST_OF_ALL))
        .join(skewed, on=_PLACE, how="semi")
        .group_by(_PLACE)
        .agg(pl.col("group").min())
        .with_columns(suffers=pl.lit(value=True))
    )
