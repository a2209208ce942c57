"""An application that takes some records and then hangs in its own work, while others go on writing."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import BadInput
from kastellan.lab import changes
from kastellan.lab.faults import _child
from kastellan.lab.faults._model import HEALS_S, HOLDS_S, Fault, Truth, refuse_node, wait, wait_child
from kastellan.lab.load import clients
from kastellan.lab.model import KAFKA_4, Lab, recorded_in

if TYPE_CHECKING:
    from confluent_kafka import Consumer

CLASSIC, KIP_848 = "classic", "consumer"
"""Values of `group.protocol`."""
LONGEST_MS = 8_000
_PATIENCE = {"consumer.session.timeout.ms": str(LONGEST_MS), "consumer.heartbeat.interval.ms": "1000"}
"""With KIP-848 it is the brokers that know how long a member may be silent."""
_TOPIC_OF = "{}-tasks"
_FIRST, _PAUSE_S, _POLL_S = 20, 0.2, 0.5
_START_S = 180.0
_BEHIND = 5


def group_of(fault: Fault) -> str:
    """The group that belongs to this fault."""
    return "lab-" + fault.id.replace("_", "-")


def aim(fault: Fault, protocol: str, lab: Lab, node: int | None) -> Truth:
    """It is a group of the fault's own, of one member."""
    clients.need()
    refuse_node(fault, node)
    if protocol == KIP_848 and lab.spec.kafka != KAFKA_4:
        msg = (
            f"{fault.id} needs the group protocol of KIP-848 and lab {lab.name} runs Kafka {lab.kafka}; use a lab with --kafka 4"
        )
        raise BadInput(msg)
    group = group_of(fault)
    return Truth(
        fault=fault.id,
        fault_class=fault.fault_class,
        kind=fault.kind,
        key=(group,),
        hurt=(("topic", (_TOPIC_OF.format(group),)),),
        effect=f"the one member of {group} hung, was put out of the group after {LONGEST_MS // 1000} s, and nobody reads on",
        details={"protocol": protocol},
    )


def inject(lab: Lab, truth: Truth) -> None:
    """Make the topic, start the application, and wait until it was put out and records pile up."""
    group, protocol = str(truth.key[0]), truth.details["protocol"]
    topic = _TOPIC_OF.format(group)
    clients.create(lab, [(topic, 1, min(3, len(lab.brokers)), {})], Deadline.after(HOLDS_S))
    if protocol == KIP_848:
        changes.set_group(lab, group, _PATIENCE)
    _child.start(lab, truth.fault, "kastellan.lab.faults._stuck_consumer", protocol, group, topic)
    wait_child(lab, truth.fault, lambda: _child.has_output(lab, truth.fault, "stuck"), "that the application hangs", _START_S)
    wait(lambda: _nobody_reads(lab, group, topic), f"that {group} has no member and falls behind", HOLDS_S)


def undo(lab: Lab, truth: Truth) -> None:
    """End the application, and delete its topic and its group."""
    group = str(truth.key[0])
    _child.kill(lab, truth.fault)
    if truth.details["protocol"] == KIP_848:
        changes.set_group(lab, group, dict.fromkeys(_PATIENCE))
    clients.delete(lab, _TOPIC_OF.format(group), Deadline.after(HEALS_S))
    clients.delete_group(lab, group, Deadline.after(HEALS_S))
    _child.remove(lab, truth.fault)


def _nobody_reads(lab: Lab, group: str, topic: str) -> bool:
    behind = clients.ends(lab, topic, 1)[0] - clients.commits(lab, group).get((topic, 0), 0)
    return clients.members(lab, group) == 0 and behind > _BEHIND


def main() -> None:
    """Arguments: the lab's directory, group protocol, group, topic."""
    lab, protocol, group, topic = recorded_in(Path(sys.argv[1])), *sys.argv[2:5]
    threading.Thread(target=_write, args=(lab, topic), daemon=True).start()
    classic = {"session.timeout.ms": LONGEST_MS, "partition.assignment.strategy": "cooperative-sticky"}
    options = classic if protocol == CLASSIC else {"group.protocol": protocol}
    patience = {"max.poll.interval.ms": LONGEST_MS, "fetch.min.bytes": 1, "error_cb": _say}
    client = clients.consumer(lab, group, {**patience, **options})
    client.subscribe(
        [topic],
        on_assign=lambda _, parts: _say(f"was given {len(parts)} partitions"),
        on_revoke=lambda _, parts: _say(f"gave back {len(parts)} partitions"),
    )
    taken = 0
    while taken < _FIRST or not _has_committed(client):
        for message in client.consume(1, _POLL_S):
            if problem := message.error():
                _say(f"reading: {problem}")
            else:
                taken += 1
    _child.write_output("stuck", str(taken))
    while Path("process").exists():  # what hangs does not poll
        time.sleep(_POLL_S)


def _has_committed(client: Consumer) -> bool:
    """On a busy machine the group may have put the member out before it hangs: it polls, joins again and commits then."""
    from confluent_kafka import KafkaException  # noqa: PLC0415 - an extra

    try:
        client.commit(asynchronous=False)
    except KafkaException as problem:
        _say(f"committing: {problem}")
        return False
    return True


def _say(text: object) -> None:
    """Its last words are told when it does not come to hang."""
    print(f"{time.monotonic():.1f} {text}", file=sys.stderr, flush=True)  # noqa: T201 - its own output


def _write(lab: Lab, topic: str) -> None:
    from confluent_kafka import KafkaException  # noqa: PLC0415 - an extra

    client = clients.producer(lab, {})
    while True:
        try:
            client.produce(topic, b"task")
        except KafkaException as problem:
            _say(f"writing: {problem}")
        client.poll(0)
        time.sleep(_PAUSE_S)


if __name__ == "__main__":
    main()
