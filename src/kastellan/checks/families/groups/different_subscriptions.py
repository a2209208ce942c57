"""Members of one group subscribe to different topics.

**What it means.** All members of a group should run the same application. Where they do not subscribe to the same
topics, one of two things is so: a deployment is half done, or two applications share a group id. The second is a
mistake that hurts: each one's rebalances stop the other, each commits into the other's positions, and partitions of a
topic go only to those members that ask for it, so that the work is shared unevenly.

**What it looks like**

    $ kafka-consumer-groups.sh --describe --group billing --members --verbose
    GROUP    CONSUMER-ID      CLIENT-ID  #PARTITIONS  ASSIGNMENT
    billing  billing-1-5d...  billing    6            orders(0,1,2,3,4,5)
    billing  report-1-77...   report     3            payments(0,1,2)

**When it is wrong.** During a deployment that adds a topic it is true and passes: one look gives severity info, and
warning where an earlier look shows it as well. Some applications subscribe differently in one group on purpose; regular
expressions are compared as they are written, not by what they match.
"""

from typing import Annotated

import polars as pl

from kastellan.checks.check import Check, Setting, Verdicts
from kastellan.engine.needs import Earlier
from kastellan.kernel.units import duration_text
from kastellan.model.finding import Severity
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.members import Members

CHECK = Check(
    id="groups.different_subscriptions",
    title="Members of a group subscribe to different topics",
    severity=Severity.INFO,
    observed="{kinds} different subscriptions: {subscriptions}{lasting}",
    expected="one subscription in a group",
    impact="The members disturb each other's rebalances and share the work unevenly; two applications overwrite each other's "
    "positions.",
    do="Find the owners by client.id and address. Two applications: give one of them a group id of its own, with its offsets set "
    "where it stands. A half deployment: finish it.",
    do_not="Do not change the group id of a running application without setting its offsets: it starts where auto.offset.reset "
    "says.",
    verify="kastellan doctor --only groups.different_subscriptions",
    settings=(
        Setting(
            name="deploy_s", default=900, unit="s", low=30, high=604_800,
            meaning="how long a deployment may take; longer and it is a warning",
        ),
    ),
    references=("Kafka documentation, Design: the consumer",),
)  # fmt: skip

_MOST_NAMED = 3


def evaluate(
    groups: Groups,
    members: Members,
    before: Annotated[Members, Earlier(min_s=900, setting="deploy_s")] | None,
    *,
    deploy_s: float,
) -> Verdicts:
    """Fails where two members' subscriptions differ; null where none do and one was not seen."""
    earlier = _subscriptions(before or Members.empty()).select("group", was_kinds="kinds")
    lasted = (pl.col("was_kinds") > 1).fill_null(value=False)
    differ = pl.when(pl.col("kinds") > 1).then(True).when("whole").then(False)
    counted = pl.col("members") == pl.col("seen")
    since = f"; so it was {duration_text(deploy_s * 1000)} before, or longer"
    return Verdicts(
        "group",
        groups.df.lazy()
        .select("group", "members", "protocol_type")
        .join(_subscriptions(members), on="group", how="left", maintain_order="left")
        .join(earlier, on="group", how="left", maintain_order="left")
        .select(
            "group",
            fails=pl.when(pl.col("kinds") > 1).then(differ).when(counted).then(differ),
            applies=(pl.col("members") > 1) & pl.col("protocol_type").is_in(("consumer", "")),
            severity=pl.when(lasted).then(pl.lit(Severity.WARNING.value)).otherwise(pl.lit(Severity.INFO.value)),
            kinds="kinds",
            subscriptions="subscriptions",
            lasting=pl.when(lasted).then(pl.lit(since)).otherwise(pl.lit("")),
        ),
    )


def _subscriptions(members: Members) -> pl.LazyFrame:
    """Per group its different subscriptions; a member without any is known by an empty one."""
    regex = pl.when(pl.col("regex") == "").then(pl.lit("")).otherwise(pl.format("regex {}", "regex"))
    both = pl.when(pl.col("subscribed") == "").then(regex).otherwise(pl.concat_str("subscribed", regex, separator=" "))
    shown = pl.col("asked").drop_nulls().unique().sort()
    more = pl.when(shown.len() > _MOST_NAMED).then(pl.lit("; ...")).otherwise(pl.lit(""))
    return (
        members.df.lazy()
        .select("group", asked=both.str.strip_chars())
        .group_by("group")
        .agg(
            kinds=pl.col("asked").drop_nulls().n_unique(),
            whole=pl.col("asked").null_count() == 0,
            seen=pl.len(),
            subscriptions=shown.head(_MOST_NAMED).str.join("; ") + more,
        )
    )
