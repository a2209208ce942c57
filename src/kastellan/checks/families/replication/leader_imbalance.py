"""Other brokers lead much of what a broker should lead.

**What it means.** The first replica of a partition is its preferred leader; Kafka spreads these evenly. Where many are
led elsewhere, some brokers carry the work of others.

**What it looks like**

    kafka.controller:type=KafkaController,name=PreferredReplicaImbalanceCount  3431

**When it is wrong.** After a restart a broker leads nothing until the controller hands its partitions back
(leader.imbalance.check.interval.seconds, 5 minutes). So what one look shows has severity info; it is a warning when a look
at least 10 minutes before showed the same broker so. A broker with few partitions is not judged, and while a broker is
fenced its partitions are led elsewhere of course: the finding is then reported under that one.
"""

from typing import Annotated

import polars as pl

from kastellan.checks.check import Check, Setting, Verdicts
from kastellan.engine.needs import Earlier
from kastellan.model.finding import Severity
from kastellan.views.leader_balance import LeaderBalance

CHECK = Check(
    id="replication.leader_imbalance",
    title="Leaders are not where they should be",
    severity=Severity.INFO,
    observed="{led_elsewhere:count} of its {preferred:count} partitions ({share_pct:.0f} %) are led by others{lasting}",
    expected="at most {max_share_pct:g} % led by others",
    impact="The brokers that lead in its place carry its work.",
    do="Let auto.leader.rebalance.enable do it, or run kafka-leader-election.sh --election-type preferred "
    "--all-topic-partitions when the cluster is quiet.",
    do_not="Do not elect while partitions are under-replicated, and do not move replicas for it.",
    verify="kastellan doctor --only replication.leader_imbalance",
    undo="Not needed: leaders may move at any time.",
    follows_from=("brokers.fenced", "brokers.unreachable"),
    settings=(
        Setting(name="max_share_pct", default=10, unit="%", meaning="share led elsewhere that is still fine", low=0, high=100),
        Setting(name="min_partitions", default=10, unit="partitions", meaning="fewer are not judged", low=1, high=1_000_000),
    ),
    references=("Kafka documentation, Operations: balancing leadership",),
    proven_by="leader_imbalance",
)


def evaluate(
    balance: LeaderBalance,
    before: Annotated[LeaderBalance, Earlier(min_s=600)] | None,
    max_share_pct: float,
    min_partitions: float,
) -> Verdicts:
    """Fails where more than the allowed share is led elsewhere; a warning only where it lasted."""
    share = 100 * pl.col("led_elsewhere") / pl.col("preferred").replace(0, None)
    frame = balance.df.select("broker", "preferred", "led_elsewhere", share_pct=share)
    if before is None:
        frame = frame.with_columns(lasted=pl.lit(value=False))
    else:
        frame = frame.join(before.df.select("broker", lasted=share > max_share_pct), on="broker", how="left")
    lasted = pl.col("lasted").fill_null(value=False)
    return Verdicts(
        "broker",
        frame.select(
            "broker",
            (pl.col("share_pct") > max_share_pct).alias("fails"),
            (pl.col("preferred") >= min_partitions).alias("applies"),
            pl.when(lasted).then(pl.lit(Severity.WARNING.value)).otherwise(pl.lit(Severity.INFO.value)).alias("severity"),
            "preferred",
            "led_elsewhere",
            "share_pct",
            lasting=pl.when(lasted).then(pl.lit(", and were 10 minutes before")).otherwise(pl.lit(" in this one look")),
        ),
    )
