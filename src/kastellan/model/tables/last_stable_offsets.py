"""Last stable offsets."""

import polars as pl

from kastellan.model.table import Frame, column


class LastStableOffsets(Frame, name="last_stable_offsets", key=("topic", "partition")):
    """One row per partition of `partitions`: how far its leader lets readers of committed records (KIP-98)."""

    topic = column(pl.String, "name of the topic")
    partition = column(pl.Int32, "number of the partition")
    last_stable = column(pl.Int64, "last stable offset: read_committed consumers stop here", "records")
