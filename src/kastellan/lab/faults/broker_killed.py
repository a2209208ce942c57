"""A broker's process is dead: SIGKILL, as the kernel's out-of-memory killer or a power cut does it.

Its port refuses connections at once; the controller fences it when its session ends (6 s in a lab), partitions that it led
get other leaders, and every partition with a replica on it is under-replicated until it is back.
"""

from __future__ import annotations

from kastellan.lab import nodes
from kastellan.lab.faults._model import Fault, Truth, choose_broker, wait_fenced, wait_healed
from kastellan.lab.model import Lab

FAULT = Fault(id="broker_killed", title="A broker's process is killed", fault_class="broker-process-dead", kind="broker")


def aim(lab: Lab, node: int | None) -> Truth:
    """Choose the broker; the highest id unless one was named."""
    victim = choose_broker(lab, node)
    return Truth(
        fault=FAULT.id,
        fault_class=FAULT.fault_class,
        kind=FAULT.kind,
        key=(victim.id,),
        node=victim.id,
        effect=f"broker {victim.id} at {victim.client} is dead: connections are refused and its replicas are out of sync",
    )


def inject(lab: Lab, truth: Truth) -> None:
    """Kill it and wait until the cluster has fenced it."""
    victim = int(truth.key[0])
    nodes.kill(lab, victim)
    wait_fenced(lab, victim)


def undo(lab: Lab, truth: Truth) -> None:
    """Start it again unless it runs, and wait until its replicas are in sync."""
    victim = int(truth.key[0])
    if nodes.state(lab.node(victim)) != "running":
        nodes.restart(lab, victim)
    wait_healed(lab)
