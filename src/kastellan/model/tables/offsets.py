"""Offsets of partitions."""

import polars as pl

from kastellan.model.table import Frame, column


class Offsets(Frame, name="offsets", key=("topic", "partition")):
    """One row per partition of `partitions`; what its leader said of its log."""

    topic = column(pl.String, "name of the topic")
    partition = column(pl.Int32, "number of the partition")
    earliest = column(pl.Int64, "log start offset", "records")
    latest = column(pl.Int64, "high watermark", "records")
