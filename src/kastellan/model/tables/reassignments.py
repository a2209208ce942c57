"""Running partition reassignments."""

import polars as pl

from kastellan.model.rights import DESCRIBE_CLUSTER
from kastellan.model.table import Collection, Frame, Listing, column
from kastellan.model.text_kind import TextKind


class Reassignments(
    Frame,
    name="reassignments",
    key=("topic", "partition", "broker"),
    roster="topic",
    collection=Collection(
        requests=("ListPartitionReassignments",), right=DESCRIBE_CLUSTER, probes_right=True, placeholders=False
    ),
    listing=Listing(aliases=("reassignment", "moves"), noun="topic"),
):
    """One row per replica that a running reassignment adds or removes."""

    topic = column(pl.String, "name of the topic", text=TextKind.TOPIC)
    partition = column(pl.Int32, "number of the partition")
    broker = column(pl.Int32, "broker of the replica that comes or goes")
    adding = column(pl.Boolean, "true when the replica is being added, false when it is being removed")
