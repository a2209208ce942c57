"""Most controllers are dead: the quorum of the metadata has no leader, and nothing about the cluster can be changed.

Records go on flowing, every broker still names the dead leader, and the one kind of log line is "could not be established".
Topics cannot be created, leaders cannot move, a new idempotent producer may get no id, and a broker that fails now takes its
partitions with it.
"""

from __future__ import annotations

from kastellan.kernel.errors import BadInput
from kastellan.lab import nodes, probe
from kastellan.lab.faults._model import HEALS_S, HOLDS_S, Fault, Truth, refuse_node, wait, wait_healed
from kastellan.lab.model import Lab

FAULT = Fault(
    id="quorum_lost",
    title="Most controllers are dead",
    fault_class="quorum-lost",
    kind="cluster",
    needs="a lab with --controllers 3",
)
_FEWEST = 3


def aim(lab: Lab, node: int | None) -> Truth:
    """Kill as many controllers as it takes, the last ones first."""
    refuse_node(FAULT, node)
    own = [controller for controller in lab.controllers if not controller.is_broker]
    if len(own) < _FEWEST:
        msg = f"{FAULT.id} needs a lab with controllers of their own, and lab {lab.name} has {len(own)}; use --controllers 3"
        raise BadInput(msg)
    victims = [node.id for node in own[-(len(own) // 2 + 1) :]]
    return Truth(
        fault=FAULT.id,
        fault_class=FAULT.fault_class,
        kind=FAULT.kind,
        key=(),
        hurt=tuple(("node", (victim,)) for victim in victims),
        effect=f"controllers {', '.join(map(str, victims))} of {len(own)} are dead: the quorum has no leader",
        details={"killed": ",".join(map(str, victims))},
    )


def inject(lab: Lab, truth: Truth) -> None:
    """Kill them, and wait until no broker can name the quorum's leader."""
    for node_id in truth.details["killed"].split(","):
        nodes.kill(lab, int(node_id))
    wait(lambda: not any(_leader(lab)), "that the quorum has no leader", HOLDS_S)


def undo(lab: Lab, truth: Truth) -> None:
    """Start them again, and wait until every broker knows a leader."""
    for node_id in truth.details["killed"].split(","):
        if nodes.state(lab.node(int(node_id))) != "running":
            nodes.restart(lab, int(node_id))
    wait(lambda: all(_leader(lab)), "that the quorum has a leader", HEALS_S)
    wait_healed(lab)


def _leader(lab: Lab) -> list[bool]:
    return [probe.quorum_leader(broker.door) is not None for broker in lab.brokers if nodes.state(broker) == "running"]
