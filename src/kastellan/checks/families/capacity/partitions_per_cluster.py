"""The cluster has more partitions than it should.

**What it means.** Every broker and controller keeps the metadata of every partition, clients that ask for all topics get
all of it, and each change of many leaders at once (a broker that dies) is so much more work for the controller. The old
advice for ZooKeeper is at most 200,000 partitions; KRaft was shown to bear millions, on clusters built for it.

**What it looks like**

    kafka.controller:type=KafkaController,name=GlobalPartitionCount  214480

**When it is wrong.** The bound depends on the controllers' hardware and on the clients: set `max_partitions` to your own.
The severity is info.
"""

from kastellan.checks.check import Check, Setting, Verdicts
from kastellan.model.finding import Severity
from kastellan.model.tables.partitions import Partitions

CHECK = Check(
    id="capacity.partitions_per_cluster",
    title="Cluster has many partitions",
    severity=Severity.INFO,
    observed="{partitions:count} partitions",
    expected="at most {max_partitions:g}",
    impact="Failovers, controller starts and metadata requests take long.",
    do="Find the topics with more partitions than they need (kastellan doctor --only capacity); put new use on another cluster.",
    do_not="Do not create topics with many partitions for a growth that may not come: they cannot be taken away again.",
    verify="kastellan doctor --only capacity.partitions_per_cluster",
    settings=(
        Setting(
            name="max_partitions",
            default=200_000,
            unit="partitions",
            meaning="number that is still fine",
            low=1,
            high=100_000_000,
        ),
    ),
    # More partitions seen are more partitions.
    monotone=True,
    references=("KIP-500",),
)


def evaluate(partitions: Partitions, max_partitions: float) -> Verdicts:
    """Fails above the bound; what was not seen may make it so."""
    count = partitions.df.height
    return Verdicts.cluster(fails=count > max_partitions, partitions=count)
