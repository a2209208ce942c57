"""Last stable offsets."""

import polars as pl

from kastellan.model.rights import DESCRIBE_TOPIC
from kastellan.model.table import Collection, Frame, Listing, column
from kastellan.model.text_kind import TextKind


class LastStableOffsets(
    Frame,
    name="last_stable_offsets",
    key=("topic", "partition"),
    collection=Collection(requests=("ListOffsets",), right=DESCRIBE_TOPIC),
    listing=Listing(aliases=("lso",), noun="topic"),
):
    """One row per partition of `partitions`: how far its leader lets readers of committed records (KIP-98)."""

    topic = column(pl.String, "name of the topic", text=TextKind.TOPIC)
    partition = column(pl.Int32, "number of the partition")
    last_stable = column(pl.Int64, "last stable offset: read_committed consumers stop here", "records")
