"""A static member of a group has not come back.

**What it means.** The member has a `group.instance.id`: its group waits for it when it restarts, for its session timeout
(45 s by default, usually set to minutes). It was there at the earlier look and is not now, so it did not return in time
and its partitions went to others; or it is away at this moment and its partitions are read by nobody until it returns
or expires. Usually it crashed, or its pod was moved and came up with another id.

**What it looks like**

    INFO [GroupCoordinator 1]: Member billing-2-5d0c... in group billing has failed, removing it from the group

**When it is wrong.** After the number of instances was lowered on purpose. Groups that have no members left are not
judged: they were stopped.
"""

from typing import Annotated

import polars as pl

from kastellan.checks.check import Check, Setting, Verdicts
from kastellan.checks.text_exprs import list_expr
from kastellan.engine.needs import Earlier
from kastellan.model.finding import Severity
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.members import Members

CHECK = Check(
    id="groups.static_members_expired",
    title="Static member did not come back",
    severity=Severity.WARNING,
    observed="{gone_text}",
    expected="every group.instance.id that was there is there",
    impact="Its partitions were not read until its session timed out, and are now a burden of the others.",
    do="Look for the instance: did it crash, was it moved, does it come up with another group.instance.id? Start it with its id.",
    do_not="Do not give a second instance the same id: the two fence each other.",
    verify="kastellan doctor --only groups.static_members_expired --watch",
    undo="Not needed: a static member may join at any time.",
    settings=(
        Setting(name="apart_s", default=60, unit="s", low=10, high=604_800, meaning="how far apart the two looks are at least"),
    ),
    kafka="2.3 or newer",
    references=("KIP-345", "KIP-848"),
)

AWAY = -2
"""Member epoch of a static member that has left for a moment and is expected back."""


def evaluate(
    groups: Groups, members: Members, before: Annotated[Members, Earlier(min_s=60, setting="apart_s")], *, apart_s: float
) -> Verdicts:
    """Fails where an instance of the earlier look is missing or away now; null where members were not seen."""
    del apart_s  # it is how old the earlier look must be
    now = (
        members.df.lazy()
        .group_by("group")
        .agg(
            here=pl.col("instance_id").drop_nulls().unique(),
            away=pl.col("instance_id").filter((pl.col("epoch") == AWAY) & (pl.col("instance_id") != "")).unique().sort(),
            whole=pl.col("instance_id").null_count() == 0,
            counted=pl.len(),
        )
    )
    earlier = (
        before.df.lazy()
        .group_by("group")
        .agg(
            there=pl.col("instance_id").filter(pl.col("instance_id") != "").unique().sort(),
            was_whole=pl.col("instance_id").null_count() == 0,
        )
    )
    was_new = pl.lit(not before.unseen) & pl.col("was_whole").is_null()
    gone = pl.col("there").list.set_difference("here")
    # That somebody is missing is known only where every member was seen; that somebody is away is known at once.
    all_here = pl.col("whole") & (pl.col("counted") == pl.col("members"))
    missing = (
        pl.when(was_new).then(pl.lit(value=False))
        .when(pl.col("members") == 0).then(pl.lit(value=False))
        .when(all_here & (gone.list.len() > 0)).then(pl.lit(value=True))
        .when(all_here & pl.col("was_whole")).then(pl.lit(value=False))
    )  # fmt: skip
    away = pl.col("away").list.len() > 0
    words = pl.concat_str(
        pl.when(gone.list.len() > 0).then(pl.format("gone since the earlier look: {}", list_expr("gone"))),
        pl.when(away).then(pl.format("away now, its partitions are kept for it: {}", list_expr("away"))),
        separator="; ",
        ignore_nulls=True,
    )
    return Verdicts(
        "group",
        groups.df.lazy()
        .select("group", "members")
        .join(now, on="group", how="left", maintain_order="left")
        .join(earlier, on="group", how="left", maintain_order="left")
        .with_columns(gone=gone.list.sort())
        .select(
            "group",
            fails=pl.when(away).then(pl.lit(value=True)).otherwise(missing),
            applies=pl.col("members") > 0,
            gone_text=words,
        ),
    )
