"""Lag of groups, with what is not in the sum."""

from typing import Final

import polars as pl

from kastellan.model.table import Frame, column
from kastellan.model.tables.assignments import Assignments
from kastellan.model.tables.groups import Groups
from kastellan.views.lag_state import (
    ABANDONED,
    AHEAD,
    BLOCKED,
    CATCHING_UP,
    DATA_LOST,
    FALLING_BEHIND,
    NO_COMMIT,
    OK,
    STALLED,
    STOPPED,
    LagState,
)

_WORST_FIRST: Final = (*(DATA_LOST, AHEAD, BLOCKED, STALLED, STOPPED, ABANDONED, FALLING_BEHIND, NO_COMMIT, CATCHING_UP, OK),)


class GroupLag(Frame, name="group_lag", key=("group",)):
    """One row per group. Where `lag_records` is null, `lag_records_known` is a lower bound: say "at least"."""

    group = column(pl.String, "group id")
    type = column(pl.String, "classic, consumer, share or streams; null before Kafka 3.8")
    state = column(pl.String, "Stable, Empty, PreparingRebalance, Assigning, Dead, ...")
    coordinator = column(pl.Int32, "broker that coordinates it")
    members = column(pl.Int32, "number of members; null when the group could not be described", "members")
    partitions = column(pl.Int32, "partitions with a position; null when the positions could not be read", "partitions")
    partitions_no_commit = column(
        pl.Int32, "partitions that a member owns without a commit: what is unread there is not in any lag", "partitions"
    )
    lag_records = column(
        pl.Int64, "lag of all partitions together; null when one is not known or has no commit, or there is none", "records"
    )
    lag_records_known = column(
        pl.Int64, "the same of those that are known; null when none of those that exist is", "records", of_sight=True
    )
    worst_lag_records_known = column(
        pl.Int64, "the largest lag of one partition among those that are known", "records", of_sight=True
    )
    partitions_unknown = column(
        pl.Int32, "partitions whose lag is not known; null when the positions could not be read", "partitions", of_sight=True
    )
    deleted_records_known = column(
        pl.Int64, "offsets that were deleted before the group committed them, on the partitions that were seen", "records",
        of_sight=True,
    )  # fmt: skip
    worst_state_known = column(
        pl.String,
        "the worst state of a partition as in `lag_state`, among those that are known; null when none is",
        of_sight=True,
    )
    states_unknown = column(pl.Int32, "partitions whose state is not known", "partitions", of_sight=True)


def group_lag(groups: Groups, lag: LagState, assignments: Assignments) -> GroupLag:
    """Sums per group. A group without a position has no lag, and one whose positions could not be read has none that is known.

    `answer` is the one that failed among the partitions' answers, as far as one did, else the group's own.
    """
    lag_seen = pl.col("lag_records").is_not_null()
    no_commit = pl.col("state").eq_missing(pl.lit(NO_COMMIT))
    read = pl.col("topic").is_not_null()
    rank = pl.col("state").replace_strict({state: number for number, state in enumerate(_WORST_FIRST)}, default=None)
    sums = (
        lag.df.lazy()
        .group_by("group")
        .agg(
            all_read=read.all(),
            partitions=(read & ~no_commit).sum(),
            partitions_no_commit=no_commit.sum(),
            partitions_unknown=(read & ~lag_seen & ~no_commit).sum(),
            partitions_known=lag_seen.sum(),
            lag_records_known=pl.col("lag_records").sum(),
            worst_lag_records_known=pl.col("lag_records").max(),
            deleted_records_known=pl.col("deleted_records").sum(),
            worst=rank.min(),
            states_unknown=pl.col("state").is_null().sum(),
            answer_of_lag=pl.col("answer").filter(~lag_seen & ~no_commit).first(),
        )
    )
    # Without a row there the group has no position, unless groups could not all be listed, or it is a share group, of
    # which old brokers say nothing.
    shared = pl.col("type") == "share"
    none = pl.lit(None, pl.Boolean) if lag.unseen else pl.when(shared).then(None).otherwise(pl.lit(value=True))
    # Where the assignment was not read, a member may own a partition without a commit.
    unread = assignments.df.lazy().filter(pl.col("topic").is_null()).select("group", unread=pl.lit(value=True)).unique()
    joined = (
        groups.df.lazy()
        .join(sums, on="group", how="left", maintain_order="left")
        .join(unread, on="group", how="left", maintain_order="left")
        .collect()
    )
    owned_seen = pl.col("unread").is_null()
    counted = pl.coalesce("all_read", none)
    any_seen = (pl.col("partitions_known") > 0) | (pl.col("partitions").fill_null(0) == 0)
    left_out = pl.col("partitions_unknown") + pl.col("partitions_no_commit")
    left_out = pl.col("partitions_unknown") + pl.col("partitions_no_commit")
    complete = owned_seen & (left_out == 0) & (pl.col("partitions") > 0)
    states = dict(enumerate(_WORST_FIRST))
    return GroupLag(
        joined.with_columns(
            *(
                pl.when(counted).then(pl.col(name).fill_null(0)).alias(name)
                for name in ("partitions", "partitions_unknown", "states_unknown")
            ),
            partitions_no_commit=pl.when(counted & owned_seen).then(pl.col("partitions_no_commit").fill_null(0)),
            lag_records_known=pl.when(counted & any_seen).then("lag_records_known"),
            lag_records=pl.when(counted & complete).then("lag_records_known"),
            worst_state_known=pl.when(pl.col("worst").is_not_null())
            .then(pl.col("worst").replace_strict(states, default=None, return_dtype=pl.String))
            .when(counted & pl.col("all_read").is_null())
            .then(pl.lit(NO_COMMIT)),
            answer=pl.coalesce("answer_of_lag", "answer"),
        ).select(*GroupLag.schema())
    )
