"""What a reassignment changes of each partition's replicas, and what they would be without it."""

from __future__ import annotations

import polars as pl

from kastellan.views.target_replicas import TargetReplicas

PLACE = ["topic", "partition"]


def replication_of(replicas: TargetReplicas) -> pl.DataFrame:
    """Per partition: replication factor, whether it is under-replicated, and its replicas as lists of broker ids.

    The replication factor counts no replica that a reassignment is still adding, as the brokers and Kafka's own tools
    count it. Where the reassignments were not seen it is the number of the replicas, if all of them are in sync: one
    that is being added is so only in the moment before the reassignment ends.
    """
    by_place = pl.col("broker").cast(pl.String).sort_by("position")
    in_sync, adding, removing = pl.col("in_sync"), pl.col("adding"), pl.col("removing")
    counted = replicas.df.group_by(PLACE, maintain_order=True).agg(
        replicas=by_place.str.join(","),
        in_sync=pl.when(in_sync.is_not_null().all()).then(by_place.filter(in_sync.sort_by("position")).str.join(",")),
        in_sync_count=pl.when(in_sync.is_not_null().all()).then(in_sync.sum()),
        count=pl.len(),
        added=pl.when(adding.is_not_null().all()).then(adding.sum()),
        adding=pl.when(adding.is_not_null().all()).then(by_place.filter(adding.sort_by("position")).str.join(",")),
        removing=pl.when(removing.is_not_null().all()).then(by_place.filter(removing.sort_by("position")).str.join(",")),
    )
    complete = pl.col("in_sync_count") == pl.col("count")
    return counted.with_columns(
        factor=pl.when(pl.col("added").is_not_null())
        .then(pl.col("count") - pl.col("added"))
        .when(complete)
        .then("count")
        .cast(pl.Int64),
    ).select(
        *PLACE,
        *("replicas", "in_sync", "adding", "removing", "factor"),
        under_replicated=~complete & (pl.col("in_sync_count") < pl.col("factor")),
        moving=(pl.col("adding") != "") | (pl.col("removing") != ""),
    )
