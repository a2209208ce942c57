"""The network between a broker and all other nodes is cut: no packet passes between them, and clients still reach every broker.

No heartbeat reaches the controller, which fences the broker when its session ends (6 s in a lab), gives its partitions other
leaders and takes it out of every ISR. The broker itself goes on answering, with what it knew before: it calls everything healthy.
Nobody resets a connection.
"""

from __future__ import annotations

from kastellan.kernel.errors import BadInput
from kastellan.lab import nodes, probe
from kastellan.lab.faults import _enclosure, _packets
from kastellan.lab.faults._model import HOLDS_S, Fault, Truth, choose_broker, running_brokers, wait, wait_fenced
from kastellan.lab.model import Door, Lab

FAULT = Fault(
    id="network_partition",
    title="A broker is cut off from all other nodes",
    fault_class="network-partition",
    kind="broker",
    needs="a second broker, most controllers beside it, namespaces or Linux 5.5",
)


def aim(lab: Lab, node: int | None) -> Truth:
    """Choose the broker; the highest id unless one was named."""
    _enclosure.need()
    victim = choose_broker(lab, node)
    beside = [controller for controller in lab.controllers if controller.id != victim.id and nodes.state(controller) == "running"]
    if not running_brokers(lab, victim.id) or (lab.controllers and 2 * len(beside) <= len(lab.controllers)):
        msg = (
            f"{FAULT.id} needs another running broker and most controllers of lab {lab.name} beside broker {victim.id}; "
            "use a lab with --brokers 3"
        )
        raise BadInput(msg)
    return Truth(
        fault=FAULT.id,
        fault_class=FAULT.fault_class,
        kind=FAULT.kind,
        key=(victim.id,),
        node=victim.id,
        effect=(
            f"broker {victim.id} is cut off from all other nodes and answers clients at {victim.client}: the cluster has fenced "
            "it, and its replicas are out of sync"
        ),
        details={
            "between": ", ".join(str(member.id) for member in lab.nodes if member.id != victim.id),
            "packets lost": "all",
            "by": _enclosure.manner(),
        },
    )


def inject(lab: Lab, truth: Truth) -> None:
    """Give it a network of its own, cut that, and wait until the cluster has fenced the broker, which answers clients."""
    victim = lab.node(int(truth.key[0]))
    _enclosure.put_around(lab, victim, (_enclosure.BROKERS, _enclosure.QUORUM), _packets.ALL)
    _enclosure.strike(lab, victim)
    wait_fenced(lab, victim.id)
    door = Door(victim.client or "", victim.keys)
    wait(lambda: probe.serves(door), f"that broker {victim.id} answers its clients", HOLDS_S)


def undo(lab: Lab, truth: Truth) -> None:
    """Give it the network of all again, and wait until its replicas are in sync."""
    _enclosure.take_away(lab, lab.node(int(truth.key[0])))
