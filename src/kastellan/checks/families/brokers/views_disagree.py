"""Brokers disagree on which brokers are in the cluster.

**What it means.** Every broker answers clients from its own copy of the metadata. Where two of them name different brokers as
live, one copy is old: that broker does not hear from the controller, although clients reach it. It sends them to leaders that
lead no more, and their records are refused or wait.

**What it looks like**

    $ kafka-broker-api-versions.sh --bootstrap-server b3:9092 | grep -c 'id:'
    3
    $ kafka-broker-api-versions.sh --bootstrap-server b1:9092 | grep -c 'id:'
    2

**When it is wrong.** For the moment that news takes from the controller to all brokers, while one leaves or joins: look again.
Of a look that did not reach every broker it is still known that two disagree, and not that all agree.
"""

import polars as pl

from kastellan.checks.check import Check, Verdicts
from kastellan.model.finding import Severity
from kastellan.model.tables.cluster_views import ClusterViews

CHECK = Check(
    id="brokers.views_disagree",
    title="Brokers disagree on who is in the cluster",
    severity=Severity.WARNING,
    observed="{told}",
    expected="every broker names the same live brokers",
    impact="Clients of the broker with the old view are sent to leaders that lead no more.",
    do="Look at the way from the broker with the odd view to the controllers, and at its log for the broker heartbeat and the "
    "metadata fetcher (BrokerLifecycleManager, RaftManager).",
    do_not="Do not restart the brokers that agree, and do not reassign partitions meanwhile.",
    verify="kastellan get cluster-views",
    follows_from=("brokers.fenced",),
    kafka="2.8 or newer",
    references=("KIP-700", "KIP-500"),
    proven_by="network_partition",
)


def evaluate(views: ClusterViews) -> Verdicts:
    """Fails where two brokers report different sets; null where all that answered agree and one did not answer."""
    sides = views.df.drop_nulls("live").group_by("live").agg(pl.col("broker").sort()).sort("live").rows(named=True)
    all_seen = not views.unseen and not views.df["live"].null_count() and views.df.height > 0
    agree = len(sides) == 1
    fewest = min((len(side["broker"]) for side in sides), default=0)
    return Verdicts.rows(
        "cluster",
        [
            {
                "fails": True if len(sides) > 1 else False if all_seen else None,
                "told": "live are, " + "; ".join(f"{_brokers_text(side['broker'])} {side['live'] or 'nobody'}" for side in sides),
                "views": len(sides),
                "blames": []
                if agree
                else [broker for side in sides if len(side["broker"]) == fewest for broker in side["broker"]],
            }
        ],
    )


def _brokers_text(brokers: list[int]) -> str:
    return f"{'by brokers' if len(brokers) > 1 else 'by broker'} {', '.join(map(str, brokers))}:"
