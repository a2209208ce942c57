"""A group that nobody seems to use any more.

**What it means.** The group has no members, and either retention has deleted everything that it had left to read, on
every partition, or it has not committed anything for days. Its commits are kept for `offsets.retention.minutes` after
its last member left (7 days by default); a group that only commits and never has members keeps them as long as it
commits. Lists, lag exporters and alerts go on counting it.

**What it looks like**

    $ kafka-consumer-groups.sh --describe --group billing-test
    Consumer group 'billing-test' has no active members.
    GROUP         TOPIC   PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG      CONSUMER-ID
    billing-test  orders  7          4021            131877          127856   -

**When it is wrong.** Jobs that run once a month, and consumers that were stopped on purpose, look the same; so does a
job that assigns itself and waits for its first record. Its severity is always info. Commits that stand still are taken as
a sign only over `quiet_s` (a day); where no look is that old, that part is unknown.
"""

from typing import Annotated

import polars as pl

from kastellan.checks.check import Check, Setting, Verdicts
from kastellan.checks.text_exprs import count_expr
from kastellan.engine.needs import Earlier
from kastellan.kernel.units import duration_text
from kastellan.model.finding import Severity
from kastellan.model.snapshot import Moment
from kastellan.model.tables.groups import Groups
from kastellan.views.lag import Lag

CHECK = Check(
    id="groups.abandoned",
    title="Group that nobody uses",
    severity=Severity.INFO,
    observed="no members; {how}",
    expected="groups that are in use",
    impact="Lists, lag exporters and alerts count a group that is gone.",
    do="Ask the owner of the topics. If nobody needs its positions: kafka-consumer-groups.sh --delete --group GROUP.",
    do_not="Do not delete it before its owner has said so: the positions cannot be had back, and a consumer that returns starts "
    "where auto.offset.reset says.",
    verify="kastellan doctor --only groups.abandoned",
    undo="Note the committed offsets before deleting; kafka-consumer-groups.sh --reset-offsets --from-file sets them again.",
    follows_from=("groups.lag_without_members",),
    settings=(
        Setting(
            name="quiet_s", default=86_400, unit="s", low=3600, high=31_536_000,
            meaning="how long no commit must have moved",
        ),
    ),
    references=("KIP-211", "KIP-496"),
)  # fmt: skip

_PLACE = ["group", "topic", "partition"]


def evaluate(
    groups: Groups,
    lag: Lag,
    now: Moment,
    lag_before: Annotated[Lag, Earlier(min_s=86_400, setting="quiet_s")] | None,
    before: Annotated[Moment, Earlier(min_s=86_400, setting="quiet_s")] | None,
    *,
    quiet_s: float,
) -> Verdicts:
    """Fails where a group without members has only commits that are deleted, or only ones that did not move since then."""
    earlier = (lag_before or Lag.empty()).df.lazy().select(*_PLACE, was_committed="committed", seen=pl.lit(value=True))
    new = pl.lit(lag_before is not None and not lag_before.unseen) & pl.col("seen").is_null() & pl.col("topic").is_not_null()
    stood = pl.when(new).then(pl.lit(value=False)).otherwise(pl.col("committed") == pl.col("was_committed"))
    of_group = (
        lag.df.lazy()
        .join(earlier, on=_PLACE, how="left")
        .with_columns(deleted=pl.col("committed") < pl.col("earliest"), stood=stood)
        .group_by("group")
        .agg(
            deleted=pl.col("deleted").all(ignore_nulls=False),
            stood=pl.col("stood").all(ignore_nulls=False),
            partitions=pl.len(),
        )
    )
    idle = pl.col("members") == 0
    old = pl.col("deleted") | pl.col("stood")
    ago = duration_text(now.at_ms - before.at_ms) if before else "?"
    reason = f"needs an earlier look: no members; look again in {quiet_s:g} s"
    # Without commits there is nothing that could be old, unless commits could not all be read.
    commits = pl.when(pl.col("partitions").is_not_null()).then(pl.lit(value=True))
    has_commits = commits if lag.unseen else commits.otherwise(pl.lit(value=False))
    return Verdicts(
        "group",
        groups.df.lazy()
        .select("group", "members")
        .join(of_group, on="group", how="left", maintain_order="left")
        .select(
            "group",
            fails=idle & old,
            applies=idle & has_commits,
            waits=pl.lit(lag_before is None) & idle,
            why=pl.when(pl.lit(lag_before is None) & idle).then(pl.lit(reason)),
            how=pl.when("deleted")
            .then(pl.format("all that it had to read on {} is deleted", count_expr("partitions", "partition")))
            .otherwise(pl.format("no commit on {} has moved for {}", count_expr("partitions", "partition"), pl.lit(ago))),
            partitions="partitions",
        ),
    )
