"""Assigned partitions of groups."""

import polars as pl

from kastellan.model.rights import DESCRIBE_GROUP
from kastellan.model.table import Collection, Frame, Listing, column
from kastellan.model.text_kind import TextKind


class Assignments(
    Frame,
    name="assignments",
    key=("group", "member", "topic", "partition"),
    collection=Collection(
        requests=("ConsumerGroupDescribe", "DescribeGroups", "ShareGroupDescribe", "StreamsGroupDescribe"),
        right=DESCRIBE_GROUP,
        spare_rank=4,
    ),
    listing=Listing(aliases=("assignment",), noun="group"),
):
    """One row per partition that a member owns; a group that could not be described has a placeholder."""

    group = column(pl.String, "group id", text=TextKind.GROUP)
    member = column(pl.String, "member id", text=TextKind.MEMBER)
    topic = column(pl.String, "name of the topic", text=TextKind.TOPIC)
    partition = column(pl.Int32, "number of the partition")
