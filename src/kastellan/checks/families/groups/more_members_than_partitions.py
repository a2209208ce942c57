"""A group has members that get nothing to do.

**What it means.** A partition is read by one member at most, so members beyond the number of partitions stand idle: they
cost memory and connections and make rebalances slower, and the group does not become any faster by them.

**What it looks like**

    $ kafka-consumer-groups.sh --describe --group billing --members
    GROUP    CONSUMER-ID      HOST        CLIENT-ID  #PARTITIONS
    billing  billing-3-8a...  /10.0.0.13  billing    0

**When it is wrong.** One idle member may be meant as a spare that takes over at once. Kafka Streams keeps members idle
while there are more threads than tasks, and gives them standby tasks that are not counted here. While the group
rebalances nothing is judged.
"""

import polars as pl

from kastellan.checks.check import Check, Verdicts
from kastellan.checks.text_exprs import count_expr
from kastellan.model.finding import Severity
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.members import Members

CHECK = Check(
    id="groups.more_members_than_partitions",
    title="Group has idle members",
    severity=Severity.INFO,
    observed="{idle} of {members} members own no partition; the others own {owned}",
    expected="not more members than partitions",
    impact="The idle members cost and do nothing; more of them do not make the group faster.",
    do="Run fewer consumers, or give the topic more partitions where its keys allow it.",
    do_not="Do not add partitions to a topic whose consumers rely on the order by key: a key moves to another partition.",
    verify="kastellan doctor --only groups.more_members_than_partitions",
    undo="Start the consumers again.",
    references=("Kafka documentation, Design: the consumer",),
)


def evaluate(groups: Groups, members: Members) -> Verdicts:
    """Fails where a stable group has members with nothing beside members with something; null where one was not seen."""
    idle, owned = (pl.col("assigned") == 0).sum(), pl.col("assigned").sum()
    of_group = (
        members.df.lazy()
        .group_by("group")
        .agg(whole=pl.col("assigned").null_count() == 0, idle=idle, owned=owned, counted=pl.len())
    )
    stable = (pl.col("state") == "Stable") & pl.col("protocol_type").is_in(("consumer", ""))
    empty = pl.col("members") == 0
    return Verdicts(
        "group",
        groups.df.lazy()
        .select("group", "state", "protocol_type", "members")
        .join(of_group, on="group", how="left", maintain_order="left")
        .select(
            "group",
            fails=pl.when(pl.col("whole") & (pl.col("counted") == pl.col("members"))).then(
                (pl.col("idle") > 0) & (pl.col("owned") > 0)
            ),
            applies=stable & ~empty,
            idle="idle",
            members="members",
            owned=count_expr("owned", "partition"),
        ),
    )
