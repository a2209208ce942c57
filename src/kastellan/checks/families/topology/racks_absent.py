"""The brokers do not say where they stand.

**What it means.** Without `broker.rack` Kafka does not know which brokers fail together (a rack, a zone, a host): it may
put all replicas of a partition into one. Where only some brokers have a rack, new topics are placed as if none had, or
creating them fails.

**What it looks like**

    $ kafka-broker-api-versions.sh --bootstrap-server b1:9092
    b1:9092 (id: 1 rack: null) -> (

**When it is wrong.** Where all brokers stand in one place nothing is lost, and a cluster of fewer than three brokers is
not judged. Setting racks later changes nothing for the partitions that exist: they need a reassignment.
"""

from kastellan.checks.check import Check, Verdicts
from kastellan.model.finding import Severity
from kastellan.model.tables.brokers import Brokers

CHECK = Check(
    id="topology.racks_absent",
    title="Brokers without a rack",
    severity=Severity.INFO,
    observed="{without} of {brokers} brokers have no rack ({who})",
    expected="broker.rack on every broker",
    impact="All replicas of a partition may stand where one failure takes them away together.",
    do="Set broker.rack on every broker (the zone in a cloud), restart them one at a time, then reassign the partitions that "
    "stand in one rack (topology.one_rack names them).",
    do_not="Do not set it on some brokers only and stop there: creating topics may then fail.",
    verify="kastellan doctor --only topology.racks_absent",
    undo="Take broker.rack out again, on all brokers.",
    # A broker without a rack stays so, whatever other brokers there are.
    monotone=True,
    references=("KIP-36",),
)

_FEWEST, _MOST_NAMED = 3, 6


def evaluate(brokers: Brokers) -> Verdicts:
    """Fails where a registered broker has no rack; null where none is known to be so and one was not seen.

    Some with and some without are a warning.
    """
    members = [broker for broker in brokers.rows if broker.registered is not False]
    without = [member.broker for member in members if member.rack == ""]
    unseen = any(member.rack is None for member in members)
    enough = True if len(members) >= _FEWEST else None if brokers.unseen else False
    mixed = bool(without) and any(member.rack for member in members)
    return Verdicts.cluster(
        fails=True if without else None if unseen or not members else False,
        applies=enough,
        severity=(Severity.WARNING if mixed else Severity.INFO).value,
        without=len(without),
        brokers=len(members),
        who=", ".join(map(str, without[:_MOST_NAMED])) + (", ..." if len(without) > _MOST_NAMED else ""),
    )
