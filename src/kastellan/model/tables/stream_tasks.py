"""Tasks of streams groups."""

import polars as pl

from kastellan.model.rights import DESCRIBE_GROUP
from kastellan.model.table import Collection, Frame, Listing, column
from kastellan.model.text_kind import TextKind


class StreamTasks(
    Frame,
    name="stream_tasks",
    key=("group", "member", "subtopology", "partition", "role"),
    roster="group",
    collection=Collection(requests=("StreamsGroupDescribe",), right=DESCRIBE_GROUP, spare_rank=5),
    listing=Listing(aliases=("streams-tasks", "tasks"), noun="group"),
):
    """One row per task of a member of a streams group (KIP-1071); a group that could not be described has a placeholder."""

    group = column(pl.String, "group id", text=TextKind.GROUP)
    member = column(pl.String, "member id", text=TextKind.MEMBER)
    subtopology = column(pl.String, "id of the subtopology", text=TextKind.WORD, shape=r"\d*")
    partition = column(pl.Int32, "number of the task's partition")
    role = column(pl.String, "active, standby or warmup", text=TextKind.WORD)
