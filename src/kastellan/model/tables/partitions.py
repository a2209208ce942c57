"""Partitions."""

import polars as pl

from kastellan.model.rights import DESCRIBE_TOPIC
from kastellan.model.table import Collection, Frame, column
from kastellan.model.text_kind import TextKind


class Partitions(
    Frame,
    name="partitions",
    key=("topic", "partition"),
    enumerates="partition",
    collection=Collection(requests=("Metadata",), right=DESCRIBE_TOPIC, placeholders=False),
):
    """One row per partition that Metadata lists."""

    topic = column(pl.String, "name of the topic", text=TextKind.TOPIC)
    partition = column(pl.Int32, "number of the partition")
    leader = column(pl.Int32, "broker that leads it; -1 when there is no leader")
    leader_epoch = column(pl.Int32, "epoch of that leader")
    error = column(
        pl.String, "error name that Metadata gave for the partition; empty when none, null when unseen", text=TextKind.WORD
    )
