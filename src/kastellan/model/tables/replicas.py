"""Replicas."""

import polars as pl

from kastellan.model.table import Frame, column


class Replicas(Frame, name="replicas", key=("topic", "partition", "broker"), roster="topic"):
    """One row per replica of a partition, adding ones included."""

    topic = column(pl.String, "name of the topic")
    partition = column(pl.Int32, "number of the partition")
    broker = column(pl.Int32, "broker that holds the replica")
    position = column(pl.Int16, "place in the assignment; 0 is the preferred leader")
    in_sync = column(pl.Boolean, "member of the ISR")
    offline = column(pl.Boolean, "the broker or the log directory that holds it is offline")
    eligible = column(pl.Boolean, "member of the eligible leader replicas (KIP-966); null where the cluster has none")
    last_known_eligible = column(
        pl.Boolean, "member of the last known ones, which may lead only where no eligible one is left; null likewise"
    )
