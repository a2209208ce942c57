"""Assigned partitions of groups."""

import polars as pl

from kastellan.model.table import Frame, column


class Assignments(Frame, name="assignments", key=("group", "member", "topic", "partition")):
    """One row per partition that a member owns; a group that could not be described has a placeholder."""

    group = column(pl.String, "group id")
    member = column(pl.String, "member id")
    topic = column(pl.String, "name of the topic")
    partition = column(pl.Int32, "number of the partition")
