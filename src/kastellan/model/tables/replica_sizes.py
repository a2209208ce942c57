"""Sizes of replicas on disk."""

import polars as pl

from kastellan.model.rights import DESCRIBE_CLUSTER
from kastellan.model.table import Collection, Frame, Listing, column
from kastellan.model.text_kind import TextKind


class ReplicaSizes(
    Frame,
    name="replica_sizes",
    key=("broker", "path", "topic", "partition", "future"),
    collection=Collection(requests=("DescribeLogDirs",), right=DESCRIBE_CLUSTER, refresh_s=60.0, spare_rank=3),
    listing=Listing(
        aliases=("sizes", "size"),
        noun="topic",
        name_column="topic",
        shown=("broker", "path", "topic", "partition", "size_bytes", "offset_lag_records", "future"),
    ),
):
    """One row per replica in a log directory, from DescribeLogDirs; a broker that did not answer has a placeholder."""

    broker = column(pl.Int32, "node id")
    path = column(pl.String, "log directory", text=TextKind.PATH)
    topic = column(pl.String, "name of the topic", text=TextKind.TOPIC)
    partition = column(pl.Int32, "number of the partition")
    size_bytes = column(pl.Int64, "bytes of its segments", "bytes")
    offset_lag_records = column(
        pl.Int64, "how far it is behind the high watermark, or a future replica behind the current one", "records"
    )
    future = column(pl.Boolean, "a replica that is being moved between directories")
