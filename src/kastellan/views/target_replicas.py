"""The replicas that a partition should have, apart from those that a reassignment is still adding."""

import polars as pl

from kastellan.model.align import left_join_aligned
from kastellan.model.table import Frame, column
from kastellan.model.tables.reassignments import Reassignments
from kastellan.model.tables.replicas import Replicas


class TargetReplicas(Frame, name="target_replicas", key=("topic", "partition", "broker"), roster="topic"):
    """One row per replica, with whether it is being added or removed."""

    topic = column(pl.String, "name of the topic")
    partition = column(pl.Int32, "number of the partition")
    broker = column(pl.Int32, "broker that holds the replica")
    position = column(pl.Int16, "place in the assignment; 0 is the preferred leader")
    in_sync = column(pl.Boolean, "member of the ISR")
    offline = column(pl.Boolean, "the broker or the log directory that holds it is offline")
    adding = column(pl.Boolean, "a running reassignment adds it, so it is not yet expected in the ISR; null when unseen")
    removing = column(pl.Boolean, "a running reassignment removes it; null when unseen")


def target_replicas(replicas: Replicas, reassignments: Reassignments) -> TargetReplicas:
    """Replicas with their part in a running reassignment.

    Where the list of reassignments could not be had, nobody knows which replicas are being added: null.
    """
    changes = reassignments.df.select("topic", "partition", "broker", "adding", change_seen=pl.lit(value=True))
    not_listed = pl.lit(None, pl.Boolean) if reassignments.unseen else pl.lit(value=False)
    joined = left_join_aligned(replicas.df.drop("eligible"), changes, ["topic", "partition", "broker"])
    listed = pl.col("change_seen").is_not_null()
    return TargetReplicas(
        joined.with_columns(
            pl.when(listed).then(pl.col("adding")).otherwise(not_listed).alias("adding"),
            pl.when(listed).then(~pl.col("adding")).otherwise(not_listed).alias("removing"),
        )
    )
