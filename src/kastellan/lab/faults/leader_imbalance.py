"""A broker leads nothing: it was restarted, its replicas are in sync again, and nobody brought the leaders home.

The other brokers do its work too. No broker logs anything; with Kafka's own settings the controller mends it within five minutes,
in a lab it does not, so that it stays to be looked at.
"""

from __future__ import annotations

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import BadInput
from kastellan.lab import nodes, probe
from kastellan.lab.faults._model import (
    HEALS_S,
    HOLDS_S,
    Fault,
    Truth,
    choose_broker,
    only_elsewhere,
    running_brokers,
    wait,
    wait_fenced,
    wait_healed,
)
from kastellan.lab.load import clients
from kastellan.lab.model import Lab

FAULT = Fault(
    id="leader_imbalance",
    title="A broker leads none of the partitions whose first replica it is",
    fault_class="leader-imbalance",
    kind="broker",
    needs="two brokers and confluent-kafka",
)
_TOPIC, _PARTITIONS = "lab-leaders", 6


def aim(lab: Lab, node: int | None) -> Truth:
    """Choose the broker; the highest id unless one was named."""
    clients.need()
    victim = choose_broker(lab, node)
    if not running_brokers(lab, victim.id):
        msg = f"{FAULT.id} needs two running brokers and lab {lab.name} has one; use a lab with --brokers 3"
        raise BadInput(msg)
    return Truth(
        fault=FAULT.id,
        fault_class=FAULT.fault_class,
        kind=FAULT.kind,
        key=(victim.id,),
        node=victim.id,
        effect=f"broker {victim.id} is in sync and leads nothing; the others lead its partitions too",
    )


def inject(lab: Lab, truth: Truth) -> None:
    """Make a topic with leaders on every broker, kill the broker, start it, and wait until it is in sync and leads nothing."""
    victim = int(truth.key[0])
    clients.create(lab, [(_TOPIC, _PARTITIONS, min(3, len(lab.brokers)), {})], Deadline.after(HOLDS_S))
    wait_healed(lab)
    nodes.kill(lab, victim)
    wait_fenced(lab, victim)
    nodes.restart(lab, victim)
    wait(lambda: only_elsewhere(lab), "that all replicas are in sync", HEALS_S)
    wait(lambda: _leads_nothing(lab, victim), f"that broker {victim} leads nothing", HOLDS_S)


def undo(lab: Lab, truth: Truth) -> None:
    """Bring the leaders home, and delete the topic."""
    victim = int(truth.key[0])
    if nodes.state(lab.node(victim)) != "running":
        nodes.restart(lab, victim)
    wait_healed(lab)
    clients.delete(lab, _TOPIC, Deadline.after(HEALS_S))


def _leads_nothing(lab: Lab, victim: int) -> bool:
    views = [probe.metadata(broker.door, [_TOPIC]) for broker in lab.brokers]
    return all(view and view.partitions and victim not in {part.leader for part in view.partitions.values()} for view in views)
