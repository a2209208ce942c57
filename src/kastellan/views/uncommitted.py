"""Partitions that a member owns although the group has never committed there."""

import polars as pl

from kastellan.model.table import Frame, column
from kastellan.model.tables.assignments import Assignments
from kastellan.model.tables.commits import Commits

_PLACE = ["group", "topic", "partition"]


class Uncommitted(Frame, name="uncommitted", key=("group", "topic", "partition")):
    """One row per owned partition without a commit: its lag cannot be told, however well everything was seen."""

    group = column(pl.String, "group id")
    topic = column(pl.String, "name of the topic")
    partition = column(pl.Int32, "number of the partition")
    member = column(pl.String, "member id of the owner")


def uncommitted(assignments: Assignments, commits: Commits) -> Uncommitted:
    """Owned partitions without a commit, of the groups whose commits and assignment were read.

    A group that could not be read, in either table, has one placeholder here: perhaps it has such partitions.
    """
    unread = pl.concat(each.df.filter(pl.col("topic").is_null()).select("group", "answer") for each in (commits, assignments))
    unread = unread.unique("group", keep="first", maintain_order=True)
    owned = assignments.df.drop_nulls(_PLACE).unique(_PLACE, keep="first", maintain_order=True)
    rows = owned.join(unread, on="group", how="anti").join(commits.df, on=_PLACE, how="anti", maintain_order="left")
    return Uncommitted(pl.concat([rows, unread], how="diagonal").select(*Uncommitted.schema()))
