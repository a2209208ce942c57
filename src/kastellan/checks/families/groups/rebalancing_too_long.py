"""A group does not come out of its rebalance.

**What it means.** At this look and at one before the group was rebalancing. While a classic group of the eager kind
rebalances, none of its members reads; others read with a part of their partitions. Either one rebalance does not end
(a member does not answer within max.poll.interval.ms, 5 minutes by default), or one follows the other: members that
crash and come back, that are too slow between polls, or whose session times out.

**What it looks like**

    $ kafka-consumer-groups.sh --describe --group billing --state
    GROUP    COORDINATOR (ID)  ASSIGNMENT-STRATEGY  STATE                #MEMBERS
    billing  b1:9092 (1)       range                PreparingRebalance   12

    INFO [GroupCoordinator 1]: Preparing to rebalance group billing in state PreparingRebalance with old generation 4711
    (reason: ...)

**When it is wrong.** Two rebalances that happen to be met by the two looks, as during a deployment of many members: look
again. Groups with hundreds of members or of partitions of which each keeps much state take minutes by nature: raise
`lasting_s`.
"""

from typing import Annotated

import polars as pl

from kastellan.checks.check import Check, Setting, Verdicts
from kastellan.checks.text_exprs import count_expr
from kastellan.engine.needs import Earlier
from kastellan.model.finding import Severity
from kastellan.model.snapshot import Moment
from kastellan.model.tables.groups import Groups

CHECK = Check(
    id="groups.rebalancing_too_long",
    title="Group does not stop rebalancing",
    severity=Severity.WARNING,
    observed="{state} now, {was_state} {apart_ms:duration} before; {member_count}",
    expected="Stable within {lasting_s:g} s",
    impact="The group reads little or nothing; its lag grows.",
    do="Read the coordinator's log for the reason of each rebalance of the group (which member joined, left or timed out), then "
    "that member's log. Slow processing: raise max.poll.interval.ms or lower max.poll.records.",
    do_not="Do not add members while it rebalances: each one starts another rebalance.",
    verify="kastellan get groups: the group is Stable.",
    follows_from=("brokers.fenced", "brokers.unreachable"),
    settings=(
        Setting(name="lasting_s", default=120, unit="s", low=10, high=86_400, meaning="how far apart the two looks are at least"),
    ),
    references=("KIP-62", "KIP-345", "KIP-848"),
)

REBALANCING = ("PreparingRebalance", "CompletingRebalance", "Assigning", "Reconciling")


def evaluate(
    groups: Groups,
    now: Moment,
    groups_before: Annotated[Groups, Earlier(min_s=120, setting="lasting_s")] | None,
    before: Annotated[Moment, Earlier(min_s=120, setting="lasting_s")] | None,
    *,
    lasting_s: float,
) -> Verdicts:
    """Fails where a group rebalances now and did so before; applies where it does now."""
    rebalances = pl.col("state").is_in(REBALANCING)
    earlier = (
        (groups_before or Groups.empty()).df.lazy().select("group", was_state="state", did=rebalances, seen=pl.lit(value=True))
    )
    new = pl.lit(groups_before is not None and not groups_before.unseen) & pl.col("seen").is_null()
    reason = f"needs an earlier look: the group rebalances; look again in {lasting_s:g} s, or use --watch"
    return Verdicts(
        "group",
        groups.df.lazy()
        .select("group", "state", "members", "coordinator")
        .join(earlier, on="group", how="left", maintain_order="left")
        .select(
            "group",
            fails=pl.when(new).then(pl.lit(value=False)).otherwise(rebalances & pl.col("did")),
            applies=rebalances,
            waits=pl.lit(groups_before is None) & rebalances,
            why=pl.when(pl.lit(groups_before is None) & rebalances).then(pl.lit(reason)),
            blames=pl.concat_list("coordinator"),
            state="state",
            was_state="was_state",
            member_count=count_expr("members", "member"),
            apart_ms=pl.lit(now.at_ms - before.at_ms if before else None, pl.Int64),
        ),
    )
