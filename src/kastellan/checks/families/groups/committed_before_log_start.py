"""Records were deleted before a living group had read them.

**What it means.** A member owns the partition and the group's committed offset is below the start of the log: the
records between were deleted (by retention or by DeleteRecords) before the group had committed them. At its next
start, or already now, the consumer gets OffsetOutOfRange and continues where `auto.offset.reset` says: at `latest` it
loses everything up to the end as well.

**What it looks like**

    WARN [Consumer clientId=billing-1, groupId=billing] Fetch position FetchPosition{offset=118204, ...} is out of range
    for partition orders-7, resetting offset

**When it is wrong.** Commits of a group that is gone, or that no longer subscribes to the topic, always end so: only
partitions that a member owns now are judged. A consumer that commits rarely may have read more than it has committed;
then the records are lost to it only at its next restart. On compacted and transactional topics not every offset
between was a record: the number is an upper bound.
"""

import polars as pl

from kastellan.checks.check import Check, Verdicts
from kastellan.model.finding import Severity
from kastellan.views.owned_lag import OwnedLag

CHECK = Check(
    id="groups.committed_before_log_start",
    title="Group lost records that were deleted unread",
    severity=Severity.ERROR,
    observed="committed {committed}, log starts at {earliest}: up to {lost_records:count} records deleted unread; owner {member}",
    expected="a committed offset at or above the start of the log",
    impact="The group cannot read these records any more; what it computes from them is incomplete.",
    do=(
        "Raise the topic's retention now (retention.ms, retention.bytes), so that no more is lost while the group catches"
        " up. Then see why it is slow or stood still, and tell its owner which offsets are missing: they must come from "
        "the source or a backup."
    ),
    do_not=(
        "Do not restart the consumers before auto.offset.reset has been read: with `latest` they skip everything up to the end."
    ),
    verify="kastellan lag GROUP: no partition is in state data lost, and its lag falls.",
    undo="Set retention back when the group has caught up.",
    follows_from=("groups.stalled_partition",),
    references=("Kafka documentation, Consumer configs, auto.offset.reset", "KIP-107"),
)


def evaluate(lag: OwnedLag) -> Verdicts:
    """Fails where an owned partition's commit is below the log's start; null where one of the three was not seen."""
    return Verdicts(
        "group_partition",
        lag.df.lazy().select(
            "group", "topic", "partition", "committed", "earliest", "latest", "member", "client_id",
            fails=pl.col("deleted_records") > 0,
            applies=pl.col("assigned") & pl.col("begun").ne_missing(pl.lit(value=False)),
            lost_records=pl.col("deleted_records"),
        ),
    )  # fmt: skip
