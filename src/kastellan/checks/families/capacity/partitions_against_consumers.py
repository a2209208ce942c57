"""A group falls behind and cannot be made faster by more members.

**What it means.** The group's lag has grown since the earlier look, and each of its members owns one partition at most:
a further member would get nothing. What it can read in parallel is bounded by the topic's partitions.

**What it looks like**

    $ kafka-consumer-groups.sh --describe --group billing --members
    GROUP    CONSUMER-ID      #PARTITIONS
    billing  billing-1-5d...  1
    billing  billing-2-77...  1        (and the topic has 2 partitions)

**When it is wrong.** After a burst, or after a restart, lag grows for a while and then falls again. Where one member
hangs, adding partitions does not help: groups.stalled_partition reports that. Groups with fewer than two members have
not yet tried to share the work and are judged all the same: one member on one partition has the same bound.
"""

from typing import Annotated

import polars as pl

from kastellan.checks.check import Check, Setting, Verdicts
from kastellan.checks.text_exprs import count_expr
from kastellan.engine.needs import Earlier
from kastellan.model.finding import Severity
from kastellan.model.snapshot import Moment
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.members import Members
from kastellan.views.lag import Lag

CHECK = Check(
    id="capacity.partitions_against_consumers",
    title="Group is as wide as its topics and falls behind",
    severity=Severity.INFO,
    observed="{member_count}, none with more than one partition; lag {lag_records:count}, {grown:count} more than "
    "{apart_ms:duration} before",
    expected="a lag that does not grow, or room for more members",
    impact="The group cannot catch up by adding members.",
    do="Make each member faster first (batching, parallel work behind the poll). Otherwise give the topic more partitions, or "
    "write to a new one.",
    do_not="Do not add partitions to a topic whose consumers rely on the order by key: a key moves to another partition.",
    verify="kastellan lag GROUP --watch",
    undo="Partitions cannot be taken away again.",
    follows_from=("groups.rebalancing_too_long", "groups.lag_without_members"),
    settings=(
        Setting(name="apart_s", default=300, unit="s", low=10, high=86_400, meaning="over how long the lag must have grown"),
        Setting(name="min_lag", default=1000, unit="records", low=1, high=1e12, meaning="smaller lags are not reported"),
    ),
    references=("Kafka documentation, Design: the consumer",),
)


def evaluate(
    groups: Groups,
    lag: Lag,
    members: Members,
    lag_before: Annotated[Lag, Earlier(min_s=300, setting="apart_s")],
    now: Moment,
    before: Annotated[Moment, Earlier(min_s=300, setting="apart_s")],
    *,
    apart_s: float,
    min_lag: float,
) -> Verdicts:
    """Fails where a stable group's lag grew and no member owns more than one partition; null where one was not seen."""
    del apart_s  # it is how old the earlier look must be
    widest = (
        members.df.lazy()
        .group_by("group")
        .agg(widest=pl.when(pl.col("assigned").null_count() == 0).then(pl.col("assigned").max()), seen=pl.len())
    )
    earlier = _sums(lag_before).select("group", was_lag="lag_records", was_seen=pl.lit(value=True))
    # A group without a row has no position, unless groups could not all be listed.
    new = pl.lit(not lag_before.unseen) & pl.col("was_seen").is_null()
    none = pl.lit(not lag.unseen) & pl.col("now_seen").is_null()
    grown = pl.col("lag_records") - pl.col("was_lag")
    narrow = pl.when(pl.col("seen") == pl.col("members")).then(pl.col("widest") == 1)
    return Verdicts(
        "group",
        groups.df.lazy()
        .select("group", "state", "members")
        .join(_sums(lag).with_columns(now_seen=pl.lit(value=True)), on="group", how="left", maintain_order="left")
        .join(widest, on="group", how="left", maintain_order="left")
        .join(earlier, on="group", how="left", maintain_order="left")
        .select(
            "group",
            fails=pl.when(new | none)
            .then(pl.lit(value=False))
            .otherwise(narrow & (grown > 0) & (pl.col("lag_records") >= min_lag)),
            applies=(pl.col("state") == "Stable") & (pl.col("members") > 0),
            member_count=count_expr("members", "member"),
            lag_records="lag_records",
            grown=grown,
            apart_ms=pl.lit(now.at_ms - before.at_ms, pl.Int64),
        ),
    )


def _sums(lag: Lag) -> pl.LazyFrame:
    """The lag of each group; null where that of a partition was not seen."""
    all_seen = pl.col("lag_records").is_not_null().all()
    return lag.df.lazy().group_by("group").agg(lag_records=pl.when(all_seen).then(pl.col("lag_records").sum()))
