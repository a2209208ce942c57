"""The controllers are fixed by configuration, though this release could change them while it runs.

**What it means.** kraft.version is 0: the voters are those of `controller.quorum.voters`, the same on every node. None
can be added, removed or replaced without stopping the whole quorum's configuration; a controller whose disk is lost
comes back under its old id and, if that disk held records nobody else has, may make the quorum forget them. From Kafka
4.1 on a static quorum can be made a dynamic one (KIP-853).

**What it looks like**

    $ kafka-features.sh --bootstrap-controller c1:9093 describe
    Feature: kraft.version  SupportedMinVersion: 0  SupportedMaxVersion: 1  FinalizedVersionLevel: 0

**When it is wrong.** It has severity info, and works as it is. Kafka 3.9 and 4.0 have dynamic quorums only for clusters that
were formatted so; there nothing is said. Strimzi and other operators may own the quorum: let them change it.
"""

from kastellan.checks.check import Check, Verdicts
from kastellan.model.finding import Severity
from kastellan.model.tables.features import Feature, Features
from kastellan.model.tables.quorum_nodes import QuorumNodes

CHECK = Check(
    id="controller.static_quorum",
    title="Controllers cannot be replaced while they run",
    severity=Severity.INFO,
    observed="kraft.version is 0: the voters are those of controller.quorum.voters",
    expected="kraft.version 1",
    impact="No controller can be added or removed; one with a lost disk cannot be replaced safely.",
    do="First kafka-features.sh upgrade --feature kraft.version=1; only then replace controller.quorum.voters by "
    "controller.quorum.bootstrap.servers on every node, and roll, controllers first.",
    do_not="Do not change controller.quorum.voters before kraft.version is 1: the controllers would not start.",
    verify="kastellan doctor --only controller.static_quorum",
    undo="kraft.version cannot be lowered again.",
    meaningless_without=(QuorumNodes,),
    kafka="4.1 or newer with KRaft",
    references=("KIP-853",),
)

_SINCE_4_1 = 26
"""First metadata.version of Kafka 4.1: binaries that support it can make a static quorum a dynamic one."""


def evaluate(features: Features) -> Verdicts:
    """Fails where kraft.version is 0 and could be 1; null where that was not seen."""
    by_name = {feature.feature: feature for feature in features.rows}
    kraft, metadata = by_name.get("kraft.version"), by_name.get("metadata.version")
    return Verdicts.cluster(
        fails=None if kraft is None or kraft.finalized_level is None else kraft.finalized_level == 0,
        applies=_possible(kraft, metadata) if features.rows else None,
    )


def _possible(kraft: Feature | None, metadata: Feature | None) -> bool | None:
    """The asked broker could make the quorum dynamic."""
    if kraft is None or metadata is None:
        return False
    if kraft.supported_max is None or metadata.supported_max is None:
        return None
    return kraft.supported_max >= 1 and metadata.supported_max >= _SINCE_4_1
