"""Per partition, how many copies there should be, how many follow, and how many must."""

import polars as pl

from kastellan.model.align import group_by_runs, left_join_aligned
from kastellan.model.table import Frame, column
from kastellan.model.tables.partitions import Partitions
from kastellan.views.target_replicas import TargetReplicas
from kastellan.views.topic_limits import TopicLimits

NO_LEADER = -1


class PartitionCopies(Frame, name="partition_copies", key=("topic", "partition")):
    """One row per partition; a count is null where one of the replicas that it counts was not seen."""

    topic = column(pl.String, "name of the topic")
    partition = column(pl.Int32, "number of the partition")
    leader = column(pl.Int32, "broker that leads it; -1 when there is no leader")
    offline = column(pl.Boolean, "it has no leader")
    replicas = column(pl.Int32, "replicas, those included that a reassignment adds or removes", "replicas")
    target = column(pl.Int32, "replicas without those that a running reassignment adds", "replicas")
    in_sync = column(pl.Int32, "replicas in the ISR, whichever part they have in a reassignment", "replicas")
    out_of_sync = column(
        pl.List(pl.Int32), "brokers of the replicas that are not in the ISR, those included that are being added"
    )
    missing = column(pl.List(pl.Int32), "brokers of the replicas that are not in the ISR and are not being added")
    configured_min = column(pl.Int32, "min.insync.replicas of the topic", "replicas")
    effective_min = column(
        pl.Int32, "the same, or the number of replicas if smaller, as Kafka 3.7 and newer takes it", "replicas"
    )


def partition_copies(partitions: Partitions, replicas: TargetReplicas, limits: TopicLimits) -> PartitionCopies:
    """Partitions with the counts of their replicas and their topic's limit."""
    on = ["topic", "partition"]
    counted = group_by_runs(
        replicas.df,
        on,
        replicas=pl.len(),
        sync_unseen=pl.col("in_sync").null_count(),
        adding_unseen=pl.col("adding").null_count(),
    )
    # What is not as usual is looked at alone: mostly there is little of it.
    behind = replicas.df.filter(~pl.col("in_sync").fill_null(value=True))
    added = replicas.df.filter(pl.col("adding").fill_null(value=False)).group_by(on).agg(pl.len().alias("added"))
    out = behind.group_by(on).agg(pl.col("broker").sort().alias("out_of_sync"))
    # A replica of which nobody knows whether it is being added may be missing or not.
    ordered = behind.group_by(on).agg(
        pl.col("broker").filter(~pl.col("adding")).sort().alias("missing"), pl.col("adding").null_count().alias("part_unseen")
    )
    limited = limits.df.select("topic", configured_min="min_insync_replicas")
    joined = partitions.df.select("topic", "partition", "leader", "answer", offline=pl.col("leader") == NO_LEADER)
    for columns in (counted, added, out, ordered):
        joined = left_join_aligned(joined, columns, on)
    joined = joined.join(limited, on="topic", how="left", maintain_order="left")
    sync_seen, nobody = pl.col("sync_unseen") == 0, pl.lit([], pl.List(pl.Int32))
    both = pl.col("configured_min").is_not_null() & pl.col("replicas").is_not_null()
    return PartitionCopies(
        joined.with_columns(
            pl.when(sync_seen).then(pl.col("replicas") - pl.col("out_of_sync").list.len().fill_null(0)).alias("in_sync"),
            pl.when(pl.col("adding_unseen") == 0).then(pl.col("replicas") - pl.col("added").fill_null(0)).alias("target"),
            pl.when(sync_seen).then(pl.col("out_of_sync").fill_null(nobody)).alias("out_of_sync"),
            pl.when(sync_seen & (pl.col("part_unseen").fill_null(0) == 0))
            .then(pl.col("missing").fill_null(nobody))
            .alias("missing"),
            pl.when(both).then(pl.min_horizontal("configured_min", "replicas")).alias("effective_min"),
        )
    )
