"""A partition has fewer in-sync replicas than its topic's min.insync.replicas: writers with acks=all are refused.

A strict topic demands all of its replicas (min.insync.replicas equals the replication factor) and the broker of one of them is
killed. Topics with the usual setting stay writable, so that this one partition is what is hurt.
"""

from __future__ import annotations

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import BadInput
from kastellan.lab import nodes, probe
from kastellan.lab.faults._model import HEALS_S, HOLDS_S, Fault, Truth, choose_broker, running_brokers, wait, wait_healed
from kastellan.lab.load import clients
from kastellan.lab.model import Lab

FAULT = Fault(
    id="under_min_isr",
    title="A partition has fewer in-sync replicas than min.insync.replicas",
    fault_class="under-min-isr",
    kind="partition",
    needs="two brokers and confluent-kafka",
)
TOPIC = "lab-strict"
_MOST_COPIES = 3
_RECORDS = 20


def aim(lab: Lab, node: int | None) -> Truth:
    """Choose the broker to kill, and a partition led by another one."""
    clients.need()
    victim = choose_broker(lab, node)
    others = running_brokers(lab, victim.id)
    if not others:
        msg = f"{FAULT.id} needs two running brokers and lab {lab.name} has one; use a lab with --brokers 3"
        raise BadInput(msg)
    replicas = [*(other.id for other in others[: _MOST_COPIES - 1]), victim.id]
    return Truth(
        fault=FAULT.id,
        fault_class=FAULT.fault_class,
        kind=FAULT.kind,
        key=(TOPIC, 0),
        node=victim.id,
        hurt=(("broker", (victim.id,)),),
        effect=f"{TOPIC}-0 needs {len(replicas)} in-sync replicas and has {len(replicas) - 1}: writes with acks=all fail",
        details={"replicas": ",".join(str(replica) for replica in replicas)},
    )


def inject(lab: Lab, truth: Truth) -> None:
    """Make the topic, write to it, kill the broker, and wait until the ISR is too small."""
    replicas = [int(number) for number in truth.details["replicas"].split(",")]
    clients.create_placed(lab, TOPIC, replicas, {"min.insync.replicas": str(len(replicas))}, Deadline.after(HOLDS_S))
    clients.write(lab, TOPIC, 0, _RECORDS, Deadline.after(HOLDS_S))
    nodes.kill(lab, int(truth.node or 0))
    wait(lambda: 0 < _in_sync(lab, replicas[0]) < len(replicas), f"that the in-sync replicas of {TOPIC}-0 are too few", HOLDS_S)


def undo(lab: Lab, truth: Truth) -> None:
    """Start the broker again unless it runs, wait until all is in sync, and delete the topic."""
    victim = int(truth.node or 0)
    if nodes.state(lab.node(victim)) != "running":
        nodes.restart(lab, victim)
    wait_healed(lab)
    clients.delete(lab, TOPIC, Deadline.after(HEALS_S))
    wait(lambda: _in_sync(lab, victim) == 0, f"that the topic {TOPIC} is gone", HEALS_S)


def _in_sync(lab: Lab, node_id: int) -> int:
    """How many in-sync replicas the partition has in the eyes of a broker; 0 when it knows no such partition."""
    view = probe.metadata(lab.node(node_id).door, [TOPIC])
    part = view.partitions.get((TOPIC, 0)) if view else None
    return len(part.in_sync) if part else 0
