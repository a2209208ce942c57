"""Running partition reassignments."""

import polars as pl

from kastellan.model.table import Frame, column


class Reassignments(Frame, name="reassignments", key=("topic", "partition", "broker"), roster="topic"):
    """One row per replica that a running reassignment adds or removes."""

    topic = column(pl.String, "name of the topic")
    partition = column(pl.Int32, "number of the partition")
    broker = column(pl.Int32, "broker of the replica that comes or goes")
    adding = column(pl.Boolean, "true when the replica is being added, false when it is being removed")
