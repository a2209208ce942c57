"""What each partition would lose if one of its brokers went away now, by a restart or otherwise."""

import polars as pl

from kastellan.model.align import expand_by_count, left_join_aligned
from kastellan.model.table import Frame, column
from kastellan.views.partition_copies import PartitionCopies
from kastellan.views.target_replicas import TargetReplicas


class RestartHeadroom(Frame, name="restart_headroom", key=("topic", "partition", "broker"), roster="topic"):
    """One row per replica. For a set of brokers: sum `in_sync` over its rows of a partition and take it from `in_sync_now`."""

    topic = column(pl.String, "name of the topic")
    partition = column(pl.Int32, "number of the partition")
    broker = column(pl.Int32, "broker that holds the replica, and that would go away")
    in_sync = column(pl.Boolean, "this replica is in the ISR: only then does its absence change anything")
    in_sync_now = column(pl.Int32, "replicas in the ISR", "replicas")
    in_sync_left = column(pl.Int32, "replicas in the ISR without this broker", "replicas")
    replicas = column(pl.Int32, "replicas, those included that a reassignment adds or removes", "replicas")
    target = column(pl.Int32, "replicas without those that a running reassignment adds", "replicas")
    effective_min = column(pl.Int32, "how many must be in sync for acks=all, at most the number of replicas", "replicas")
    missing = column(pl.List(pl.Int32), "brokers of the replicas that should follow now and do not")
    refuses_now = column(pl.Boolean, "acks=all is refused already, or the partition is offline")
    would_refuse = column(pl.Boolean, "acks=all is accepted now and would be refused without this broker")
    would_go_offline = column(pl.Boolean, "it has a replica in sync now and would have none without this broker")
    without_spare = column(
        pl.Boolean, "min.insync.replicas is not below the number of replicas: even a whole ISR bears no restart"
    )
    moving = column(
        pl.Boolean, "a running reassignment adds or removes replicas: the ISR may be another one in a moment; null when unseen"
    )


def restart_headroom(replicas: TargetReplicas, copies: PartitionCopies) -> RestartHeadroom:
    """Replicas with what their partition has without them.

    Replicas that a reassignment adds count as soon as they are in the ISR, those that it removes as long as they are:
    so do the brokers count. A smaller target set that is about to take over is judged beforehand as well.
    """
    on = ["topic", "partition"]
    refuses = pl.col("offline") | (pl.col("in_sync") < pl.col("effective_min"))
    of_partition = left_join_aligned(copies.df.drop("out_of_sync", "leader", "answer"), _moves(replicas), on).select(
        *on, "replicas", "target", "effective_min", "configured_min", "missing", "offline", "final",
        in_sync_now="in_sync", refuses_now=refuses,
        moving=pl.when(pl.col("touched").is_null()).then(pl.lit(value=False)).otherwise("moving"),
    )  # fmt: skip
    of_replicas = replicas.df.select(*on, "broker", "in_sync", "removing", "answer")
    joined = expand_by_count(of_replicas, of_partition, on, "replicas").with_columns(
        in_sync_left=pl.col("in_sync_now") - pl.col("in_sync").cast(pl.Int32)
    )
    # Once the reassignment is complete the whole target set is in sync, and nothing else is there. It bears no restart
    # where the minimum is not below its size.
    later = pl.col("moving") & pl.col("in_sync") & ~pl.col("removing") & (pl.col("configured_min") >= pl.col("final"))
    now = pl.col("in_sync") & (pl.col("in_sync_left") < pl.col("effective_min"))
    return RestartHeadroom(
        joined.with_columns(
            would_refuse=~pl.col("refuses_now") & (now | later),
            would_go_offline=~pl.col("offline") & pl.col("in_sync") & (pl.col("in_sync_left") == 0),
            without_spare=pl.col("configured_min") >= pl.col("replicas"),
        ).select(*RestartHeadroom.schema())
    )


def _moves(replicas: TargetReplicas) -> pl.DataFrame:
    """Partitions that a reassignment touches, or may touch, with the size of the set that it ends with."""
    on, touched = ["topic", "partition"], (pl.col("adding") | pl.col("removing")).ne_missing(pl.lit(value=False))
    all_seen = pl.col("removing").null_count() == 0
    return (
        replicas.df.join(replicas.df.filter(touched).select(on).unique(), on=on, how="semi")
        .group_by(on, maintain_order=True)
        .agg(
            final=pl.when(all_seen).then((~pl.col("removing")).sum()),
            moving=(pl.col("adding") | pl.col("removing")).any(ignore_nulls=False),
            touched=pl.lit(value=True),
        )
    )
