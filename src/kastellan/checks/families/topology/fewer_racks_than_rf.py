"""There are fewer racks than replicas.

**What it means.** With three replicas in two racks one rack holds two of them. When that one goes, one replica is left,
and with min.insync.replicas 2 the partition refuses writes: the cluster does not survive the loss of a rack, half of
the time.

**What it looks like**

    broker 1 rack=eu-1a, broker 2 rack=eu-1a, broker 3 rack=eu-1b
    Topic: orders  Partition: 7  Replicas: 1,2,3     (two of them in eu-1a)

**When it is wrong.** Two rooms may be all there is: then it is a decision between waiting and losing, and belongs into
the plan for the loss of a room. Clusters of which no rack, or only one, is named are not judged here.
"""

import polars as pl

from kastellan.checks.check import Check, Verdicts
from kastellan.model.finding import Severity
from kastellan.model.tables.brokers import Brokers
from kastellan.views.partition_copies import PartitionCopies

CHECK = Check(
    id="topology.fewer_racks_than_rf",
    title="Fewer racks than replicas",
    severity=Severity.INFO,
    observed="{racks} racks ({names}) for up to {copies} replicas",
    expected="as many racks as replicas",
    impact="The loss of one rack takes more than one replica of some partitions, and may stop writes to them.",
    do="Add brokers in a further rack. Until then know which topics stop when a rack goes: "
    "kastellan doctor --only replication.no_headroom_for_restart.",
    do_not="Do not lower min.insync.replicas for good because of it: decide that when a rack is really lost.",
    verify="kastellan doctor --only topology.fewer_racks_than_rf",
    references=("KIP-36",),
)


def evaluate(brokers: Brokers, copies: PartitionCopies) -> Verdicts:
    """Fails where some partition has more replicas than there are racks; null where a rack or replicas were not seen."""
    members = [broker for broker in brokers.rows if broker.registered is not False]
    names = sorted({member.rack for member in members if member.rack})
    unseen = any(member.rack is None for member in members)
    target = copies.df.select(most=pl.col("target").max(), unseen=pl.col("target").null_count()).row(0, named=True)
    most = target["most"] or 0
    return Verdicts.cluster(
        # A rack that was not seen may be a further one, a replica that was not seen one more.
        fails=None if unseen or target["unseen"] else most > len(names),
        applies=True if len(names) > 1 else None if unseen or not members else False,
        racks=len(names),
        names=", ".join(names),
        copies=most,
    )
