"""A partition has an owner in its group, records to read, and no progress.

**What it means.** A member owns the partition, but the committed offset has not moved for a while in which new
records came. Usual reasons: a record that the consumer cannot process and retries for ever, a call in its
processing that hangs, commits that fail, a consumer that has paused the partition.

**What it looks like** Two looks, three minutes apart; the other partitions move:

    GROUP    TOPIC   PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG    CONSUMER-ID
    billing  orders  7          118204          131877          13673  billing-1-5d0c...
    billing  orders  7          118204          134012          15808  billing-1-5d0c...

**When it is wrong.** Connect sinks commit every 60 s and Kafka Streams every 30 s: the partition must have stood still
for `stalled_s`, three of the longer interval. A consumer that commits less often (a batch job that commits at its
end) is reported wrongly: raise `stalled_s`. Consumers without membership (Flink, Spark) own nothing and do not appear
here. A read_committed consumer that waits behind an open transaction is innocent: where the commit stands at the last
stable offset that is named, and transactions.open_without_owner names the transaction.
"""

from typing import Annotated

import polars as pl

from kastellan.checks.check import Check, Setting, Verdicts
from kastellan.engine.needs import Earlier
from kastellan.model.finding import Severity
from kastellan.model.snapshot import Moment
from kastellan.model.tables.assignments import Assignments
from kastellan.model.tables.last_stable_offsets import LastStableOffsets
from kastellan.views.lag import Lag
from kastellan.views.owned_lag import OwnedLag

CHECK = Check(
    id="groups.stalled_partition",
    title="Consumer does not move on a partition",
    severity=Severity.WARNING,
    observed=(
        "committed {committed} for {stood_ms:duration}, {lag_records:count} behind, while {moved:count} offsets came; "
        "owner {member} at {client_host}{held_text}"
    ),
    expected="a commit that moves while there are records to read",
    impact="The group's work on this partition waits; retention deletes what stays unread too long.",
    do=(
        "Read the owner's log at the committed offset and take its stack trace: a record that it cannot process, or a "
        "call that hangs. Read the record itself: kafka-console-consumer.sh --topic TOPIC --partition N --offset "
        "COMMITTED --max-messages 1."
    ),
    do_not=(
        "Do not add consumers: the partition has one owner. Do not skip records by resetting offsets before the record is"
        " saved and the group's owner has agreed."
    ),
    verify="kastellan lag GROUP --watch: the committed offset moves.",
    follows_from=("replication.offline",),
    settings=(
        Setting(
            name="stalled_s", default=180, unit="s", low=10, high=604_800,
            meaning="how long the commit must not have moved; three commit intervals of the slowest consumer with members",
        ),
    ),
    references=("KIP-62", "Kafka documentation, Consumer configs, max.poll.interval.ms"),
)  # fmt: skip

_HELD = "; it stands at the last stable offset: if it reads only what is committed, an open transaction holds it back"
_PLACE = ["group", "topic", "partition"]


def evaluate(
    lag: OwnedLag,
    lag_before: Annotated[Lag, Earlier(min_s=180, setting="stalled_s")],
    assignments_before: Annotated[Assignments, Earlier(min_s=180, setting="stalled_s")],
    now: Moment,
    before: Annotated[Moment, Earlier(min_s=180, setting="stalled_s")],
    stable: LastStableOffsets | None,
    *,
    stalled_s: float,
) -> Verdicts:
    """Fails where an owned partition lagged at both looks, its end moved and its commit did not; null where one was not seen."""
    earlier = lag_before.df.lazy().select(*_PLACE, was_committed="committed", was_latest="latest", was_lag="lag_records")
    moved = pl.col("latest") - pl.col("was_latest")
    nobody = pl.lit(assignments_before.unseen == ()) & pl.col("unread").is_null()
    owned = pl.col("assigned") & pl.when(pl.col("was_owned")).then(pl.lit(value=True)).when(nobody).then(pl.lit(value=False))
    behind = (pl.col("lag_records") > 0) & (pl.col("was_lag") > 0)
    stood_ms = now.at_ms - before.at_ms
    long_enough = pl.lit(stood_ms >= stalled_s * 1000)
    stood = (pl.col("committed") == pl.col("was_committed")) & (moved > 0)
    held = (pl.col("committed") == pl.col("last_stable")) & (pl.col("last_stable") < pl.col("latest"))
    frame = (
        lag.df.lazy()
        .select(*_PLACE, "committed", "latest", "lag_records", "assigned", "begun", "member", "client_id", "client_host")
        .join(earlier, on=_PLACE, how="left")
        .join(_owned_partitions(assignments_before), on=_PLACE, how="left")
        .join(_unread_groups(assignments_before), on="group", how="left")
        .join((stable or LastStableOffsets.empty()).df.lazy().drop("answer"), on=_PLACE[1:], how="left")
        .with_columns(
            fails=owned & behind & stood & long_enough,
            applies=pl.col("begun").ne_missing(pl.lit(value=False)),
            moved=moved,
            held_text=pl.when(held.fill_null(False)).then(pl.lit(_HELD)).otherwise(pl.lit("")),
            stood_ms=pl.lit(stood_ms),
        )
    )
    helpers = ("was_committed", "was_latest", "was_lag", "was_owned", "unread", "assigned", "begun")
    return Verdicts("group_partition", frame.drop(helpers))


def _owned_partitions(assignments: Assignments) -> pl.LazyFrame:
    return assignments.df.lazy().drop_nulls(_PLACE).select(_PLACE).unique().with_columns(was_owned=pl.lit(value=True))


def _unread_groups(assignments: Assignments) -> pl.LazyFrame:
    """The groups whose assignment could not be read."""
    return assignments.df.lazy().filter(pl.col("topic").is_null()).select("group", unread=pl.lit(value=True)).unique()
