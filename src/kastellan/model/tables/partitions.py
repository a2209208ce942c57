"""Partitions."""

import polars as pl

from kastellan.model.table import Frame, column


class Partitions(Frame, name="partitions", key=("topic", "partition")):
    """One row per partition that Metadata lists."""

    topic = column(pl.String, "name of the topic")
    partition = column(pl.Int32, "number of the partition")
    leader = column(pl.Int32, "broker that leads it; -1 when there is no leader")
    leader_epoch = column(pl.Int32, "epoch of that leader")
    error = column(pl.String, "error name that Metadata gave for the partition; empty when none, null when unseen")
