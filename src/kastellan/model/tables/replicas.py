"""Replicas."""

import polars as pl

from kastellan.model.rights import DESCRIBE_TOPIC
from kastellan.model.table import Collection, Frame, Listing, column
from kastellan.model.text_kind import TextKind


class Replicas(
    Frame,
    name="replicas",
    key=("topic", "partition", "broker"),
    roster="topic",
    collection=Collection(requests=("Metadata",), right=DESCRIBE_TOPIC, placeholders=False),
    listing=Listing(
        aliases=("replica",),
        noun="topic",
        shown=("topic", "partition", "broker", "position", "in_sync", "offline", "eligible", "last_known_eligible"),
    ),
):
    """One row per replica of a partition, adding ones included."""

    topic = column(pl.String, "name of the topic", text=TextKind.TOPIC)
    partition = column(pl.Int32, "number of the partition")
    broker = column(pl.Int32, "broker that holds the replica")
    position = column(pl.Int16, "place in the assignment; 0 is the preferred leader")
    in_sync = column(pl.Boolean, "member of the ISR")
    offline = column(pl.Boolean, "the broker or the log directory that holds it is offline")
    eligible = column(
        pl.Boolean, "member of the eligible leader replicas (KIP-966); null where the cluster has none", nullable=True
    )
    last_known_eligible = column(
        pl.Boolean,
        "member of the last known ones, which may lead only where no eligible one is left; null likewise",
        nullable=True,
    )
