"""A reassignment stands still: a replica is to move to another broker, and a throttle that was forgotten lets nothing through.

All brokers are well and no log says anything. The partition has one replica more than it should, the new one never joins the ISR,
and the reassignment stays in the list for ever.
"""

from __future__ import annotations

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import BadInput
from kastellan.lab import changes, probe
from kastellan.lab.faults._model import HEALS_S, HOLDS_S, Fault, Truth, choose_broker, running_brokers, wait, wait_healed
from kastellan.lab.load import clients
from kastellan.lab.model import Lab

FAULT = Fault(
    id="reassignment_stuck",
    title="A reassignment stands still behind a forgotten throttle",
    fault_class="reassignment-stuck",
    kind="partition",
    needs="three brokers and confluent-kafka",
)
_TOPIC = "lab-moving"
_BROKERS = 3
_RECORDS, _RECORD_BYTES = 8, 900_000
"""A throttled replica still gets one fetch of a megabyte in each window, which a lab makes eleven minutes long."""
_RATE = "1"
_ON_BROKERS = ("leader.replication.throttled.rate", "follower.replication.throttled.rate")
_ON_TOPICS = ("leader.replication.throttled.replicas", "follower.replication.throttled.replicas")


def aim(lab: Lab, node: int | None) -> Truth:
    """Choose where the replica is to go: the highest id unless one was named."""
    clients.need()
    target = choose_broker(lab, node)
    others = [broker.id for broker in running_brokers(lab, target.id)]
    if len(others) < _BROKERS - 1:
        msg = f"{FAULT.id} needs {_BROKERS} running brokers and lab {lab.name} has {len(others) + 1}; use a lab with --brokers 3"
        raise BadInput(msg)
    stays, leaves = others[:2]
    return Truth(
        fault=FAULT.id,
        fault_class=FAULT.fault_class,
        kind=FAULT.kind,
        key=(_TOPIC, 0),
        effect=f"{_TOPIC}-0 is to move from broker {leaves} to broker {target.id} and gets nowhere, throttled to {_RATE} B/s",
        details={"from": f"{stays},{leaves}", "to": f"{stays},{target.id}"},
    )


def inject(lab: Lab, truth: Truth) -> None:
    """Make a topic with much in it, throttle it, ask for the move, and wait until it was begun."""
    before, after = (_ids(truth.details[side]) for side in ("from", "to"))
    clients.create_placed(lab, _TOPIC, before, {"min.insync.replicas": "1"}, Deadline.after(HOLDS_S))
    clients.write(lab, _TOPIC, 0, _RECORDS, Deadline.after(HOLDS_S), size=_RECORD_BYTES)
    changes.set_topic(lab, _TOPIC, dict.fromkeys(_ON_TOPICS, "*"))
    for broker in lab.brokers:
        changes.set_broker(lab, broker.id, dict.fromkeys(_ON_BROKERS, _RATE))
    changes.reassign(lab, _TOPIC, 0, after)
    wait(lambda: _is_moving(lab, after[-1]), "that the reassignment is under way", HOLDS_S)


def undo(lab: Lab, truth: Truth) -> None:
    """Cancel the move, take the throttle away, wait until all is in sync, and delete the topic."""
    topic, partition = str(truth.key[0]), int(truth.key[1])
    changes.reassign(lab, topic, partition, None)
    for broker in lab.brokers:
        changes.set_broker(lab, broker.id, dict.fromkeys(_ON_BROKERS))
    clients.delete(lab, topic, Deadline.after(HEALS_S))
    wait_healed(lab)


def _ids(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def _is_moving(lab: Lab, target: int) -> bool:
    view = probe.metadata(lab.brokers[0].door, [_TOPIC])
    part = view.partitions.get((_TOPIC, 0)) if view else None
    return part is not None and target in part.replicas and target not in part.in_sync
