"""Tasks of streams groups."""

import polars as pl

from kastellan.model.table import Frame, column


class StreamTasks(Frame, name="stream_tasks", key=("group", "member", "subtopology", "partition", "role"), roster="group"):
    """One row per task of a member of a streams group (KIP-1071); a group that could not be described has a placeholder."""

    group = column(pl.String, "group id")
    member = column(pl.String, "member id")
    subtopology = column(pl.String, "id of the subtopology")
    partition = column(pl.Int32, "number of the task's partition")
    role = column(pl.String, "active, standby or warmup")
