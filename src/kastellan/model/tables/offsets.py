"""Offsets of partitions."""

import polars as pl

from kastellan.model.rights import DESCRIBE_TOPIC
from kastellan.model.table import Collection, Frame, Listing, column
from kastellan.model.text_kind import TextKind


class Offsets(
    Frame,
    name="offsets",
    key=("topic", "partition"),
    collection=Collection(requests=("ListOffsets",), right=DESCRIBE_TOPIC, placeholders=False),
    listing=Listing(aliases=("offset", "ends"), noun="topic"),
):
    """One row per partition of `partitions`; what its leader said of its log."""

    topic = column(pl.String, "name of the topic", text=TextKind.TOPIC)
    partition = column(pl.Int32, "number of the partition")
    earliest = column(pl.Int64, "log start offset", "records")
    latest = column(pl.Int64, "high watermark", "records")
