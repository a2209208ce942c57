"""Nobody in the group reads some partitions of a topic that it reads.

**What it means.** Members of the group own partitions of the topic, but not all: the others are read by nobody. In a
group of the new protocol a member that does not give up its partitions holds them back from everybody, and the group
is called Stable all the same. In a classic group the assignor left partitions out, or the members do not know them yet.

**What it looks like**

    $ kafka-consumer-groups.sh --describe --group billing
    GROUP    TOPIC   PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG    CONSUMER-ID
    billing  orders  7          118204          131877          13673  -

**When it is wrong.** Partitions that were just added are not known to a classic group's members for up to
metadata.max.age.ms (5 minutes), and every rebalance passes through such a state: one look gives severity info, and warning
where an earlier look shows it as well. An application may join a group and read a part of the topic on purpose.
"""

from typing import Annotated

import polars as pl

from kastellan.checks.check import Check, Setting, Verdicts
from kastellan.checks.text_exprs import count_expr
from kastellan.engine.needs import Earlier
from kastellan.kernel.units import duration_text
from kastellan.model.finding import Severity
from kastellan.views.ownership import Ownership

CHECK = Check(
    id="groups.unassigned_partitions",
    title="Group leaves partitions unread",
    severity=Severity.INFO,
    observed="nobody owns {unowned} of the topics that it reads, most of them of {topic} ({of_topic}){lasting}",
    expected="every partition of a topic that the group reads has an owner",
    impact="What is written to these partitions is not read by the group, and its lag is not shown where it never committed.",
    do="Look at the members: one that hangs keeps its partitions (its log, a stack trace). Restart that one. After partitions "
    "were added, wait for metadata.max.age.ms of the clients.",
    do_not="Do not reset the group's offsets, and do not restart all members at once.",
    verify="kastellan lag GROUP: every partition has an owner.",
    follows_from=("replication.offline",),
    settings=(
        Setting(
            name="lasting_s", default=300, unit="s", low=30, high=604_800,
            meaning="how long partitions must have been without an owner for a warning",
        ),
    ),
    references=("KIP-848", "KIP-429"),
)  # fmt: skip


def evaluate(
    ownership: Ownership,
    before: Annotated[Ownership, Earlier(min_s=300, setting="lasting_s")] | None,
    *,
    lasting_s: float,
) -> Verdicts:
    """Fails where a stable group owns a part of a topic only; null where an assignment or a topic was not seen."""
    earlier = (
        (before or Ownership.empty()).df.lazy().select("group", was_unowned="unowned", was_stable=pl.col("state") == "Stable")
    )
    lasted = ((pl.col("was_unowned") > 0) & pl.col("was_stable")).fill_null(value=False)
    since = f"; so it was {duration_text(lasting_s * 1000)} before, or longer"
    return Verdicts(
        "group",
        ownership.df.lazy()
        .join(earlier, on="group", how="left", maintain_order="left")
        .select(
            "group",
            fails=pl.col("unowned") > 0,
            applies=(pl.col("state") == "Stable") & (pl.col("members") > 0),
            severity=pl.when(lasted).then(pl.lit(Severity.WARNING.value)).otherwise(pl.lit(Severity.INFO.value)),
            unowned=count_expr("unowned", "partition"),
            topic="worst_topic",
            of_topic="worst_unowned",
            lasting=pl.when(lasted).then(pl.lit(since)).otherwise(pl.lit("")),
        ),
    )
