"""Where share groups stand."""

import polars as pl

from kastellan.model.rights import DESCRIBE_GROUP
from kastellan.model.table import Collection, Frame, Listing, column
from kastellan.model.text_kind import TextKind


class ShareOffsets(
    Frame,
    name="share_offsets",
    key=("group", "topic", "partition"),
    enumerates="share_partition",
    collection=Collection(requests=("DescribeShareGroupOffsets",), right=DESCRIBE_GROUP),
    listing=Listing(
        aliases=("share-offset",), noun="group", shown=("group", "topic", "partition", "start_offset", "lag_records", "error")
    ),
):
    """One row per partition of a share group (KIP-932); a group that could not be read has a placeholder.

    Everything below the start offset is acknowledged; records above it may be too, out of order.
    """

    group = column(pl.String, "group id", text=TextKind.GROUP)
    topic = column(pl.String, "name of the topic", text=TextKind.TOPIC)
    partition = column(pl.Int32, "number of the partition")
    start_offset = column(pl.Int64, "share-partition start offset; -1 when the group has not begun there", "records")
    leader_epoch = column(pl.Int32, "leader epoch of that offset")
    lag_records = column(
        pl.Int64, "records that are not acknowledged yet, as the coordinator tells; null before Kafka 4.2", "records"
    )
    error = column(pl.String, "error name of this partition; empty when none, null when unseen", text=TextKind.WORD)
