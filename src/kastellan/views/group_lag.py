"""Lag of whole groups, with what is not in the sum."""

import polars as pl

from kastellan.model.table import Frame, column
from kastellan.model.tables.groups import Groups
from kastellan.views.lag import Lag


class GroupLag(Frame, name="group_lag", key=("group",)):
    """One row per group. Where `lag_records` is null, `lag_records_known` is a lower bound: say "at least"."""

    group = column(pl.String, "group id")
    type = column(pl.String, "classic, consumer, share or streams; null before Kafka 3.8")
    state = column(pl.String, "Stable, Empty, PreparingRebalance, Assigning, Dead, ...")
    coordinator = column(pl.Int32, "broker that coordinates it")
    members = column(pl.Int32, "number of members; null when the group could not be described", "members")
    partitions = column(pl.Int32, "partitions with a commit; null when the commits could not be read", "partitions")
    lag_records = column(pl.Int64, "lag of all partitions together; null when one of them is not known", "records")
    lag_records_known = column(
        pl.Int64, "the same of those that are known; null when none of those that exist is", "records", of_sight=True
    )
    worst_lag_records_known = column(
        pl.Int64, "the largest lag of one partition among those that are known", "records", of_sight=True
    )
    partitions_unknown = column(
        pl.Int32, "partitions whose lag is not known; null when the commits could not be read", "partitions", of_sight=True
    )


def group_lag(groups: Groups, lag: Lag) -> GroupLag:
    """Sums per group; a group without commits has lag 0, one whose commits could not be read has none.

    `answer` is the one that failed among the partitions' answers, as far as one did, else the group's own.
    """
    known = pl.col("lag_records").is_not_null()
    read = pl.col("topic").is_not_null()
    sums = (
        lag.df.lazy()
        .group_by("group")
        .agg(
            all_read=read.all(),
            partitions=read.sum(),
            partitions_unknown=(read & ~known).sum(),
            partitions_known=known.sum(),
            lag_records_known=pl.col("lag_records").sum(),
            worst_lag_records_known=pl.col("lag_records").max(),
            answer_of_lag=pl.col("answer").filter(~known).first(),
        )
    )
    # Without a row in `lag` the group has no commit, unless groups could not all be listed there.
    none = pl.lit(None, pl.Boolean) if lag.unseen else pl.lit(True)
    found = groups.df.lazy().join(sums, on="group", how="left", maintain_order="left").collect()
    counted = pl.coalesce("all_read", none)
    some = (pl.col("partitions_known") > 0) | (pl.col("partitions").fill_null(0) == 0)
    return GroupLag(
        found.with_columns(
            pl.when(counted).then(pl.col("partitions").fill_null(0)).alias("partitions"),
            pl.when(counted).then(pl.col("partitions_unknown").fill_null(0)).alias("partitions_unknown"),
            pl.when(counted & some).then(pl.col("lag_records_known").fill_null(0)).alias("lag_records_known"),
            pl.when(counted & (pl.col("partitions_unknown").fill_null(0) == 0))
            .then(pl.col("lag_records_known").fill_null(0))
            .alias("lag_records"),
            pl.coalesce("answer_of_lag", "answer").alias("answer"),
        ).select(*GroupLag.schema())
    )
