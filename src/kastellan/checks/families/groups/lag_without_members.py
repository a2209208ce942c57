"""A group has records to read and nobody who reads them.

**What it means.** The group has committed offsets, no members, and did not commit while the ends of its partitions
moved on: its consumers are gone (stopped, crashed at start, removed and forgotten). What it has not read will be
deleted by retention; after `offsets.retention.minutes` without members its commits are deleted too, and a consumer
that comes back then starts where `auto.offset.reset` says.

**What it looks like**

    $ kafka-consumer-groups.sh --describe --group billing
    Consumer group 'billing' has no active members.
    GROUP    TOPIC   PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG    CONSUMER-ID  HOST  CLIENT-ID
    billing  orders  7          118204          131877          13673  -            -     -

**When it is wrong.** Consumers that use `assign()` (Flink, Spark and others) never are members: their group is Empty
while they read, and they commit at their checkpoints, every 1 to 10 minutes. One look cannot tell them from an
abandoned group. So the group must have stood still for `quiet_s`, which is three of the longest usual intervals; a
shorter while is unknown. A job that checkpoints less often than that, and one that was stopped on purpose, is told
wrongly: raise `quiet_s`, or delete the group when nobody needs its commits.
"""

from typing import Annotated

import polars as pl

from kastellan.checks.check import Check, Setting, Verdicts
from kastellan.checks.text_exprs import count_expr
from kastellan.engine.needs import Earlier
from kastellan.model.finding import Severity
from kastellan.model.snapshot import Moment
from kastellan.model.tables.groups import Groups
from kastellan.views.lag import Lag

CHECK = Check(
    id="groups.lag_without_members",
    title="Group lags and nobody reads",
    severity=Severity.WARNING,
    observed=(
        "no members; {lag_text} to read on {partitions_behind} of its partitions; no commit for {quiet_ms:duration} while"
        " {moved:count} offsets came"
    ),
    expected="members, or commits of a consumer that assigns itself, or no lag",
    impact="What the group has not read is deleted by retention; its commits expire too (offsets.retention.minutes).",
    do=(
        "Find the owner of the group and ask whether its consumer should run. If so, start it and read its first errors "
        "(credentials, schema, subscription). If the group is abandoned, delete it: kafka-consumer-groups.sh --delete "
        "--group GROUP."
    ),
    do_not=(
        "Do not reset its offsets to silence this, and do not delete the group before its owner has said so: the "
        "positions cannot be had back."
    ),
    verify="kastellan lag GROUP --watch: members are there and the lag falls.",
    settings=(
        Setting(
            name="quiet_s", default=1800, unit="s", low=10, high=604_800,
            meaning="how long it must not have committed; three commit intervals of the slowest consumer that assigns itself",
        ),
    ),
    # More topics seen cannot make a group move that has committed nowhere.
    monotone=True,
    references=("KIP-211", "Kafka documentation, Consumer group operations"),
    proven_by="consumer_stuck",
)  # fmt: skip

_PLACE = ["group", "topic", "partition"]
_LOOK_AGAIN = "no members and {} behind: an abandoned group, or a consumer that assigns itself (Flink, Spark); {}"


def evaluate(
    groups: Groups,
    lag: Lag,
    now: Moment,
    lag_before: Annotated[Lag, Earlier(min_s=1800, setting="quiet_s")] | None,
    before: Annotated[Moment, Earlier(min_s=1800, setting="quiet_s")] | None,
    *,
    quiet_s: float,
) -> Verdicts:
    """Fails where a group without members lags, committed nowhere since the earlier look, and an end moved.

    Without an earlier look only the groups that have members or no lag can be judged.
    """
    earlier = (lag_before or Lag.empty()).df.lazy().select(*_PLACE, was_committed="committed", was_latest="latest")
    behind = pl.col("lag_records") > 0
    moved = pl.col("latest") - pl.col("was_latest")
    stale = (pl.col("committed") == pl.col("was_committed")) & (moved > 0)
    stood = pl.col("committed") == pl.col("was_committed")
    of_group = (
        lag.df.lazy()
        .join(earlier, on=_PLACE, how="left")
        .group_by("group")
        .agg(
            lags=behind.any(ignore_nulls=False),
            stood=stood.all(ignore_nulls=False),
            waits=(behind & stale).any(ignore_nulls=False),
            lag_records=pl.col("lag_records").sum(),
            lag_whole=pl.col("lag_records").is_not_null().all(),
            partitions_behind=behind.sum(),
            moved=moved.sum(),
        )
    )
    # A group that has no row in `lag` has no commit, unless groups could not all be listed there.
    none = pl.lit(None, pl.Boolean) if lag.unseen else pl.lit(False)
    has_commits = pl.col("lag_whole").is_not_null()
    lags = pl.when(has_commits).then(pl.col("lags")).otherwise(none)
    idle = pl.col("members") == 0
    fails = idle & lags & pl.col("stood") & pl.col("waits")
    suspect = (idle & lags).fill_null(False) & fails.is_null() & pl.lit(lag_before is None)
    at_least = pl.when(pl.col("lag_whole")).then(pl.lit("")).otherwise(pl.lit("at least "))
    again = f"look again in {quiet_s:g} s, or use --watch"
    frame = (
        groups.df.lazy().select("group", "state", "members")
        .join(of_group, on="group", how="left")
        .with_columns(
            fails=fails,
            why=pl.when(suspect).then(pl.format(_LOOK_AGAIN, count_expr("lag_records", "offset"), pl.lit(again))),
            lag_text=pl.format("{}{}", at_least, count_expr("lag_records", "record")),
            quiet_ms=pl.lit(now.at_ms - before.at_ms if before else None, pl.Int64),
        )
    )  # fmt: skip
    return Verdicts("group", frame.drop("lags", "stood", "waits", "lag_whole"))
