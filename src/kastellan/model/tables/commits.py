"""Committed offsets of groups."""

import polars as pl

from kastellan.model.table import Frame, column


class Commits(Frame, name="commits", key=("group", "topic", "partition")):
    """One row per group and partition that has a committed offset; a group that could not be read has a placeholder."""

    group = column(pl.String, "group id")
    topic = column(pl.String, "name of the topic")
    partition = column(pl.Int32, "number of the partition")
    committed = column(pl.Int64, "committed offset: the next record to read", "records")
    error = column(pl.String, "error name of this partition; null when none")
