"""Committed offsets of groups."""

import polars as pl

from kastellan.model.rights import DESCRIBE_GROUP
from kastellan.model.table import Collection, Frame, Listing, column
from kastellan.model.text_kind import TextKind


class Commits(
    Frame,
    name="commits",
    key=("group", "topic", "partition"),
    enumerates="group_partition",
    collection=Collection(requests=("OffsetFetch",), right=DESCRIBE_GROUP, probes_right=True, spare_rank=7),
    listing=Listing(aliases=("commit", "committed"), noun="group"),
):
    """One row per group and partition that has a committed offset; a group that could not be read has a placeholder."""

    group = column(pl.String, "group id", text=TextKind.GROUP)
    topic = column(pl.String, "name of the topic", text=TextKind.TOPIC)
    partition = column(pl.Int32, "number of the partition")
    committed = column(pl.Int64, "committed offset: the next record to read", "records")
    error = column(pl.String, "error name of this partition; null when none", text=TextKind.WORD, nullable=True)
