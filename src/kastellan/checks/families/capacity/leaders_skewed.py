"""Some brokers are to lead far more partitions than the others.

**What it means.** The leader does most of the work of a partition. Even with every partition led by its preferred
replica, this broker leads much more than the mean: the assignment itself is uneven. That comes from brokers that were
added without moving anything to them, and from assignments written by hand. (Leaders that are merely not at home are
reported by replication.leader_imbalance.)

**What it looks like**

    kafka.server:type=ReplicaManager,name=LeaderCount  broker 1: 412, 2: 398, 3: 96

**When it is wrong.** The number of leaders is not the load: topics differ. A broker with few partitions, and a cluster
with few of them, are not judged. Brokers of different hardware may be meant to differ.
"""

import polars as pl

from kastellan.checks.check import Check, Setting, Verdicts
from kastellan.model.finding import Severity
from kastellan.views.leader_balance import LeaderBalance

CHECK = Check(
    id="capacity.leaders_skewed",
    title="Broker is to lead more than its share",
    severity=Severity.INFO,
    observed="preferred leader of {preferred:count} partitions, the mean of the brokers is {mean:.0f}",
    expected="at most {max_share_pct:g} % above the mean",
    impact="This broker carries more of the work of producers and consumers than the others.",
    do="Plan a reassignment that puts other brokers first for some of its partitions, kafka-reassign-partitions.sh with the "
    "replicas in another order (no data moves), then elect preferred leaders; or let Cruise Control do it.",
    do_not="Do not count leaders alone: look at the traffic of the topics before anything is moved.",
    verify="kastellan doctor --only capacity.leaders_skewed",
    undo="Reassign back with the plan that --execute printed as the current assignment.",
    follows_from=("brokers.fenced",),
    settings=(
        Setting(name="max_share_pct", default=50, unit="%", meaning="part above the mean that is still fine", low=1, high=1000),
        Setting(
            name="min_partitions", default=20, unit="partitions", meaning="smaller means are not judged", low=1, high=1_000_000
        ),
    ),
    references=("Kafka documentation, Operations: balancing leadership",),
)


def evaluate(balance: LeaderBalance, max_share_pct: float, min_partitions: float) -> Verdicts:
    """Fails where a broker is preferred for more than the mean allows; null where that of some broker was not seen."""
    counts = balance.df["preferred"]
    all_seen = not counts.null_count() and not any(gap.roster == "broker" for gap in balance.unseen)
    mean = counts.mean() if all_seen else None
    frame = balance.df.select("broker", "preferred", mean=pl.lit(mean, pl.Float64))
    return Verdicts(
        "broker",
        frame.with_columns(
            fails=pl.col("preferred") > pl.col("mean") * (1 + max_share_pct / 100),
            applies=pl.col("mean") >= min_partitions,
        ),
    )
