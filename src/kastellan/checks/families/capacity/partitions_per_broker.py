"""A broker holds more replicas than it should.

**What it means.** Each replica costs open files, memory maps, a place in every fetch request, and time at start and at
shutdown; a broker with very many takes minutes to recover after an unclean stop, and its restart moves thousands of
leaders. The old advice is at most 4,000 replicas a broker; with KRaft and good hardware more is borne.

**What it looks like**

    kafka.server:type=ReplicaManager,name=PartitionCount  6120

**When it is wrong.** The number that a broker bears depends on its hardware, version and traffic: a broker that starts
and stops fast enough for you has not too many. Set `max_replicas` to your own bound. The severity is info.
"""

import polars as pl

from kastellan.checks.check import Check, Setting, Verdicts
from kastellan.model.finding import Severity
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.replicas import Replicas

CHECK = Check(
    id="capacity.partitions_per_broker",
    title="Broker holds many replicas",
    severity=Severity.INFO,
    observed="{replicas:count} replicas",
    expected="at most {max_replicas:g}",
    impact="Starts, stops and leader elections of this broker take long; files and memory maps may run out.",
    do="Find the topics with more partitions than they need (kastellan doctor --only capacity), and add brokers before topics.",
    do_not="Do not lower a limit of open files or memory maps (vm.max_map_count) on such a broker.",
    verify="kastellan doctor --only capacity.partitions_per_broker",
    settings=(
        Setting(name="max_replicas", default=4000, unit="replicas", meaning="number that is still fine", low=1, high=1_000_000),
    ),
    # More replicas seen are more replicas.
    monotone=True,
    references=("Kafka documentation, Hardware and OS",),
)


def evaluate(brokers: Brokers, replicas: Replicas, max_replicas: float) -> Verdicts:
    """Fails where a broker holds more replicas than allowed; the replicas that were not seen may make it so."""
    held = replicas.df.lazy().group_by("broker").agg(replicas=pl.len())
    return Verdicts(
        "broker",
        brokers.df.lazy()
        .select("broker")
        .join(held, on="broker", how="left", maintain_order="left")
        .select("broker", replicas=pl.col("replicas").fill_null(0))
        .with_columns(fails=pl.col("replicas") > max_replicas),
    )
