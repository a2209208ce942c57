"""When the next record that a group has to read was written."""

import polars as pl

from kastellan.model.rights import DESCRIBE_TOPIC
from kastellan.model.table import Collection, Frame, column
from kastellan.model.text_kind import TextKind


class CommitTimes(
    Frame,
    name="commit_times",
    key=("group", "topic", "partition"),
    collection=Collection(requests=("ListOffsets",), right=DESCRIBE_TOPIC, on_demand=True),
):
    """One row per lagging partition of the groups that were asked for: how old the oldest unread record is.

    Found by ListOffsets with timestamps, which needs DESCRIBE on the topic and reads no record for us. The timestamps are
    the producers' own, or the broker's where message.timestamp.type is LogAppendTime; where they do not rise with the
    offsets, the bracket may be wrong by as much as they jump back.
    """

    group = column(pl.String, "group id", text=TextKind.GROUP)
    topic = column(pl.String, "name of the topic", text=TextKind.TOPIC)
    partition = column(pl.Int32, "number of the partition")
    committed = column(pl.Int64, "committed offset that this is about", "records")
    written_ms = column(pl.Int64, "timestamp of the next record to read; null when it could not be found", "epoch ms")
    error_ms = column(pl.Int64, "how far off that may be at most, to either side; 0 when the record itself told", "ms")
    method = column(
        pl.String, "record (the record's own timestamp) or bracket (the middle between two known ones)", text=TextKind.WORD
    )
    rounds = column(pl.Int32, "how often the partition's leader was asked", "questions")
