"""A broker's process is frozen: SIGSTOP, as a stalled disk, a paused virtual machine or an endless collection looks from outside.

Its port still accepts connections, because the kernel does that, and nothing ever answers; no broker logs a warning.
The controller fences it when its session ends (6 s in a lab).
"""

from __future__ import annotations

from kastellan.lab import nodes
from kastellan.lab.faults._model import Fault, Truth, choose_broker, wait_fenced, wait_healed
from kastellan.lab.model import Lab

FAULT = Fault(id="broker_frozen", title="A broker's process is frozen", fault_class="broker-process-frozen", kind="broker")


def aim(lab: Lab, node: int | None) -> Truth:
    """Choose the broker; the highest id unless one was named."""
    victim = choose_broker(lab, node)
    return Truth(
        fault=FAULT.id,
        fault_class=FAULT.fault_class,
        kind=FAULT.kind,
        key=(victim.id,),
        node=victim.id,
        effect=f"broker {victim.id} at {victim.client} accepts connections and never answers; its replicas are out of sync",
    )


def inject(lab: Lab, truth: Truth) -> None:
    """Freeze it and wait until the cluster has fenced it."""
    victim = int(truth.key[0])
    nodes.stop(lab, victim)
    wait_fenced(lab, victim)


def undo(lab: Lab, truth: Truth) -> None:
    """Let it run on, or start it when it died meanwhile; wait until its replicas are in sync."""
    victim = int(truth.key[0])
    state = nodes.state(lab.node(victim))
    if state == "frozen":
        nodes.cont(lab, victim)
    elif state != "running":
        nodes.restart(lab, victim)
    wait_healed(lab)
