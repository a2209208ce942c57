"""Replicas that a running reassignment adds, with how far their copies are."""

import polars as pl

from kastellan.model.table import Frame, column
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.replica_sizes import ReplicaSizes
from kastellan.views.target_replicas import TargetReplicas

_REPLICA = ["topic", "partition", "broker"]


class AddingReplicas(Frame, name="adding_replicas", key=("topic", "partition", "broker"), roster="topic"):
    """One row per replica that is being added, or of which nobody knows whether it is."""

    topic = column(pl.String, "name of the topic")
    partition = column(pl.Int32, "number of the partition")
    broker = column(pl.Int32, "broker that is to hold the replica")
    adding = column(pl.Boolean, "true; null where the list of reassignments was not seen")
    in_sync = column(pl.Boolean, "member of the ISR already")
    size_bytes = column(pl.Int64, "bytes of its segments so far; null when its broker did not tell", "bytes")
    away = column(pl.Boolean, "the cluster counts its broker as gone (fenced, or not listed); null when unseen")


def adding_replicas(replicas: TargetReplicas, sizes: ReplicaSizes, brokers: Brokers) -> AddingReplicas:
    """The replicas of reassignments with their sizes and the state of their brokers."""
    all_seen = pl.col("size_bytes").null_count() == 0
    on_disk = (
        sizes.df.lazy()
        .filter(~pl.col("future").fill_null(value=False))
        .join(replicas.df.lazy().filter(_MAY_BE_ADDED), on=_REPLICA, how="semi")
        .group_by(_REPLICA)
        .agg(size_bytes=pl.when(all_seen).then(pl.col("size_bytes").sum()))
    )
    away = brokers.df.lazy().select("broker", away=pl.coalesce("fenced", ~pl.col("listed")))
    return AddingReplicas(
        replicas.df.lazy()
        .filter(_MAY_BE_ADDED)
        .join(on_disk, on=_REPLICA, how="left", maintain_order="left")
        .join(away, on="broker", how="left", maintain_order="left")
        .select(*AddingReplicas.schema())
        .collect()
    )


_MAY_BE_ADDED = pl.col("adding").ne_missing(pl.lit(value=False))
