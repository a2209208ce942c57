"""A live broker and its peers do not keep each other's copies.

**What it means.** The controller holds the broker for live, and yet between it and most of the other brokers replicas are out
of the ISR: it does not follow what they lead, or they do not follow what it leads. The one thing that these pairs have in
common is this broker: the network between it and the others loses packets or is slow, its disk or its processors are too
slow, or a replication throttle is too tight.

**What it looks like**

    $ kafka-topics.sh --describe --under-replicated-partitions
    Topic: orders    Partition: 2  Leader: 1  Replicas: 1,3,2  Isr: 1,2
    Topic: payments  Partition: 0  Leader: 2  Replicas: 2,3,1  Isr: 2,1

and no line in any log: Kafka does not count lost packets. On the host, `nstat -az TcpRetransSegs` grows, and `ss -ti` shows
connections to the other brokers with many retransmissions.

**When it is wrong.** A broker that has just come back is out of step until it has caught up; that passes by itself, as does a
reassignment, whose new replicas are not counted. Replicas on a failed log directory are not counted either, they have their
own finding. With two brokers nobody can tell which of them it is, so nothing is said.
"""

from collections import defaultdict
from collections.abc import Mapping

import msgspec
import polars as pl

from kastellan.checks.check import Check, Verdicts
from kastellan.kernel.units import plural
from kastellan.model.align import left_join_aligned
from kastellan.model.finding import Severity
from kastellan.model.tables.brokers import Broker, Brokers
from kastellan.model.tables.partitions import Partitions
from kastellan.views.partition_copies import NO_LEADER
from kastellan.views.target_replicas import TargetReplicas

CHECK = Check(
    id="replication.broker_out_of_step",
    title="Live broker is out of step with its peers",
    severity=Severity.WARNING,
    observed="live, yet {follows} of its own and {followed} of its followers are out of sync, between it and {peers}",
    expected="it follows its peers and they follow it",
    impact="Its copies and those of what it leads fall behind: acks=all waits or is refused, and a failure finds fewer copies.",
    do="Look at the network of the broker's host (nstat -az TcpRetransSegs, ss -ti to the other brokers, errors of the "
    "interface), then at its disk and processors, then for replication throttles.",
    do_not="Do not restart its peers, and do not raise replica.lag.time.max.ms to hide it.",
    verify="kastellan doctor --only replication --watch: the broker is not listed and nothing is under-replicated.",
    monotone=True,
    references=("Kafka documentation, Replication", "Kafka documentation, Broker configs: replica.lag.time.max.ms"),
    proven_by="packet_loss",
)
_FEWEST = 2
"""Peers with which it must be out of step: with one, nobody can tell which of the two it is."""


class _Ties(msgspec.Struct):
    """What lies between a broker and its peers: those with replicas out of sync, those with replicas of which it was not seen."""

    behind: set[int] = msgspec.field(default_factory=set)
    doubtful: set[int] = msgspec.field(default_factory=set)
    follows: int = 0
    followed: int = 0
    leaderless: bool = False


def evaluate(brokers: Brokers, partitions: Partitions, replicas: TargetReplicas) -> Verdicts:
    """Fails where it is live and out of step with two peers and most of them; null where what was not seen decides."""
    live = {broker.broker: _live(broker) for broker in brokers.rows}
    ties = _ties(partitions, replicas, live)
    rows = [_row(broker_id, live, ties[broker_id], all_seen=not brokers.unseen) for broker_id in live]
    return Verdicts.rows("broker", rows, ("applies", "peers", "follows", "followed"))


def _live(broker: Broker) -> bool | None:
    if broker.fenced is None:
        return broker.listed
    return not broker.fenced


def _ties(partitions: Partitions, replicas: TargetReplicas, live: Mapping[int, bool | None]) -> defaultdict[int, _Ties]:
    """For each broker what lies between it and the peers that are not known to be away."""
    on = ["topic", "partition"]
    missing = ~pl.col("in_sync") & ~pl.col("adding") & ~pl.col("offline")
    # What is not as usual is looked at alone: mostly there is little of it.
    unusual = replicas.df.filter(missing.ne_missing(pl.lit(value=False))).select(*on, "broker", missing=missing)
    rows = left_join_aligned(unusual, partitions.df.select(*on, "leader"), on)
    ties: defaultdict[int, _Ties] = defaultdict(_Ties)
    between = (
        rows.filter((pl.col("leader") != NO_LEADER) & (pl.col("leader") != pl.col("broker")))
        .group_by("leader", "broker", maintain_order=True)
        .agg(pl.col("missing").sum(), doubts=pl.col("missing").null_count())
    )
    for leader, follower, count, doubts in between.iter_rows():
        if live.get(leader) is False or live.get(follower) is False:
            continue
        both_live = bool(live.get(leader)) and bool(live.get(follower))
        for broker, peer in ((leader, follower), (follower, leader)):
            if count and both_live:
                ties[broker].behind.add(peer)
            elif count or doubts:
                ties[broker].doubtful.add(peer)
        ties[follower].follows += count
        ties[leader].followed += count
    # Where no broker named the leader, what is out of sync may lie between any two of the partition's brokers.
    unled = rows.filter(pl.col("leader").is_null()).select(on)
    for broker in replicas.df.join(unled, on=on, how="semi")["broker"].unique() if unled.height else ():
        ties[broker].leaderless = True
    return ties


def _row(broker: int, live: Mapping[int, bool | None], ties: _Ties, *, all_seen: bool) -> dict[str, object]:
    others = [state for peer, state in live.items() if peer != broker]
    most, least = sum(other is not False for other in others), sum(other is True for other in others)
    out = all_seen and _are_most(len(ties.behind), most)
    possible = most if ties.leaderless else len(ties.behind | ties.doubtful)
    in_step = all_seen and not _are_most(possible, least)
    return {
        "broker": broker,
        "fails": True if out else False if in_step else None,
        "applies": live[broker],
        "peers": sorted(ties.behind),
        "follows": plural(ties.follows, "replica"),
        "followed": plural(ties.followed, "replica"),
    }


def _are_most(count: int, peers: int) -> bool:
    return count >= _FEWEST and 2 * count > peers
