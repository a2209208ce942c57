"""What a reassignment changes of each partition's replicas, and what they would be without it."""

from __future__ import annotations

from typing import Final

import polars as pl

from kastellan.model.align import group_by_runs
from kastellan.views.target_replicas import TargetReplicas

PLACE: Final = ["topic", "partition"]


def replica_counts(replicas: TargetReplicas) -> pl.DataFrame:
    """Per partition: `factor`, `under_replicated` and `moving`.

    The replication factor counts no replica that a reassignment is still adding, as the brokers and Kafka's own tools
    count it. Where the reassignments were not seen it is the number of the replicas, if all of them are in sync: one
    that is being added is so only in the moment before the reassignment ends.
    """
    columns = ("in_sync", "adding", "removing")
    counted = group_by_runs(
        replicas.df,
        PLACE,
        count=pl.len(),
        **{f"{column}_count": pl.col(column).sum() for column in columns},
        **{f"{column}_unseen": pl.col(column).null_count() for column in columns},
    )
    in_sync = pl.when(pl.col("in_sync_unseen") == 0).then(pl.col("in_sync_count"))
    complete = in_sync == pl.col("count")
    factor = (
        pl.when(pl.col("adding_unseen") == 0).then(pl.col("count") - pl.col("adding_count")).when(complete).then(pl.col("count"))
    )
    moves = (pl.col("adding_count") > 0) | (pl.col("removing_count") > 0)
    unseen = (pl.col("adding_unseen") > 0) | (pl.col("removing_unseen") > 0)
    return counted.select(
        *PLACE,
        factor=factor.cast(pl.Int64),
        under_replicated=~complete & (in_sync < factor),
        moving=pl.when(moves | ~unseen).then(moves),
    )


def replica_texts(replicas: TargetReplicas) -> pl.DataFrame:
    """Per partition: the brokers of its replicas, and of those in sync, being added and being removed, as texts."""
    broker = pl.col("broker").cast(pl.String).sort_by("position")

    def brokers_where(column: str) -> pl.Expr:
        flag = pl.col(column)
        return pl.when(flag.is_not_null().all()).then(broker.filter(flag.sort_by("position")).str.join(","))

    return replicas.df.group_by(PLACE, maintain_order=True).agg(
        replicas=broker.str.join(","),
        in_sync=brokers_where("in_sync"),
        adding=brokers_where("adding"),
        removing=brokers_where("removing"),
    )
