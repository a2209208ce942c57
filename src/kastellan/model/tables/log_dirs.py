"""Log directories of brokers."""

import polars as pl

from kastellan.model.rights import DESCRIBE_CLUSTER
from kastellan.model.table import Collection, Frame, Listing, column
from kastellan.model.text_kind import TextKind


class LogDirs(
    Frame,
    name="log_dirs",
    key=("broker", "path"),
    enumerates="log_dir",
    collection=Collection(requests=("DescribeLogDirs",), right=DESCRIBE_CLUSTER, probes_right=True, refresh_s=60.0),
    listing=Listing(aliases=("logdirs", "dirs", "disks"), noun="broker"),
):
    """One row per log directory; a broker that did not answer has one row with a null path."""

    broker = column(pl.Int32, "node id")
    path = column(pl.String, "directory as the broker names it", text=TextKind.PATH)
    online = column(
        pl.Boolean, "the broker can use the directory; false for KAFKA_STORAGE_ERROR; null when unseen or another error"
    )
    error = column(
        pl.String,
        "error name, KAFKA_STORAGE_ERROR when the directory is offline; null when none",
        text=TextKind.WORD,
        nullable=True,
    )
    total_bytes = column(pl.Int64, "size of the volume (KIP-827)", "bytes")
    usable_bytes = column(pl.Int64, "free space of the volume that Kafka may use", "bytes")
    replica_bytes = column(pl.Int64, "sum of the sizes of the replicas in it", "bytes")
