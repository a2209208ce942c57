"""Per partition, how many copies there should be, how many follow, and how many must."""

import polars as pl

from kastellan.model.table import Frame, column
from kastellan.model.tables.partitions import Partitions
from kastellan.views.target_replicas import TargetReplicas
from kastellan.views.topic_limits import TopicLimits


class PartitionCopies(Frame, name="partition_copies", key=("topic", "partition")):
    """One row per partition; a count is null where one of the replicas that it counts was not seen."""

    topic = column(pl.String, "name of the topic")
    partition = column(pl.Int32, "number of the partition")
    replicas = column(pl.Int32, "replicas, those included that a reassignment adds or removes", "replicas")
    target = column(pl.Int32, "replicas without those that a running reassignment adds", "replicas")
    in_sync = column(pl.Int32, "replicas in the ISR, whichever part they have in a reassignment", "replicas")
    missing = column(pl.List(pl.Int32), "brokers of the replicas that are not in the ISR and are not being added")
    configured_min = column(pl.Int32, "min.insync.replicas of the topic", "replicas")
    effective_min = column(
        pl.Int32, "the same, or the number of replicas if smaller, as Kafka 3.7 and newer takes it", "replicas"
    )


def partition_copies(partitions: Partitions, replicas: TargetReplicas, limits: TopicLimits) -> PartitionCopies:
    """Partitions with the counts of their replicas and their topic's limit."""
    counted = replicas.df.group_by("topic", "partition").agg(
        pl.len().alias("replicas"),
        _known(~pl.col("adding")).alias("target"),
        _known(pl.col("in_sync")).alias("in_sync"),
        pl.col("broker").filter(~pl.col("in_sync") & ~pl.col("adding").fill_null(value=False)).sort().alias("missing"),
    )
    limited = limits.df.select("topic", configured_min="min_insync_replicas")
    joined = (
        partitions.df.select("topic", "partition", "answer")
        .join(counted, on=["topic", "partition"], how="left")
        .join(limited, on="topic", how="left")
    )
    smaller = pl.when(pl.col("configured_min").is_null() | pl.col("replicas").is_null()).then(None)
    return PartitionCopies(
        joined.with_columns(smaller.otherwise(pl.min_horizontal("configured_min", "replicas")).alias("effective_min"))
    )


def _known(flag: pl.Expr) -> pl.Expr:
    """How many are true; null where one of them is null."""
    return pl.when(flag.is_null().any()).then(None).otherwise(flag.sum())
