"""Changes to a running cluster that faults need, asked of a broker as the lab: settings of a resource, moves of replicas."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import Unavailable
from kastellan.lab import probe
from kastellan.lab.model import Lab, Node
from kastellan.wire.kafka.mutations import DELETE, SET, alter_partition_reassignments, incremental_alter_configs
from kastellan.wire.kafka.packing import EncodedRequest
from kastellan.wire.kafka.requests import BROKER_RESOURCE, GROUP_RESOURCE, TOPIC_RESOURCE

_GONE = frozenset({3, 85})
"""Unknown topic or partition, no reassignment in progress: there is nothing left to cancel."""
_WAIT_S, _POLL_S, _ASK_S = 60.0, 0.2, 15.0


def set_topic(lab: Lab, topic: str, values: Mapping[str, str | None]) -> None:
    """Set these configs of a topic; None takes one back to its default. Raises `Unavailable` when no broker would."""
    _insist(lab.brokers, f"the settings of {topic}", lambda node: _alter(node, TOPIC_RESOURCE, topic, values))


def set_group(lab: Lab, group: str, values: Mapping[str, str | None]) -> None:
    """Set these configs of a group; None takes one back to its default. Raises `Unavailable` when no broker would."""
    _insist(lab.brokers, f"the settings of {group}", lambda node: _alter(node, GROUP_RESOURCE, group, values))


def set_broker(lab: Lab, broker: int, values: Mapping[str, str | None]) -> None:
    """Set these configs of one broker, asked of itself; None takes one back to its default."""
    _insist(
        [lab.node(broker)], f"the settings of broker {broker}", lambda node: _alter(node, BROKER_RESOURCE, str(broker), values)
    )


def reassign(lab: Lab, topic: str, partition: int, replicas: Sequence[int] | None) -> None:
    """Move a partition to these brokers; None cancels what is under way, or finds that nothing is."""
    request = alter_partition_reassignments(0, {topic: {partition: replicas}}, timeout_ms=int(_ASK_S * 1000))
    result_code = frozenset[int]() if replicas is not None else _GONE

    def ask(node: Node) -> int | None:
        answer = _send(node, request)
        if answer is None:
            return None
        code = _reassignment_error(probe.Reader(answer))
        return 0 if code in result_code else code

    _insist(lab.brokers, f"the replicas of {topic}-{partition}", ask)


def _alter(node: Node, kind: int, name: str, values: Mapping[str, str | None]) -> int | None:
    changes = {key: (DELETE if value is None else SET, value) for key, value in values.items()}
    answer = _send(node, incremental_alter_configs(0, kind, name, changes))
    if answer is None:
        return None
    read = probe.Reader(answer)
    read.take("i")
    return next((code for code in (read.take("h") for _ in range(read.take("i"))) if code), 0)


def _send(node: Node, request: EncodedRequest) -> bytes | None:
    return probe.ask(node.door, request.api_key, request.version, request.body, _ASK_S, flexible=request.flexible)


def _insist(nodes: Iterable[Node], purpose: str, ask: Callable[[Node], int | None]) -> None:
    """Ask one after another until one has done it; doing it again changes nothing."""
    deadline = Deadline.after(_WAIT_S)
    reason = "no broker answered"
    while True:
        for node in nodes:
            code = ask(node)
            if code == 0:
                return
            reason = reason if code is None else f"broker {node.id} refused with error {code}"
        if deadline.passed:
            msg = f"{purpose} could not be changed ({reason}); see `kastellan lab logs`"
            raise Unavailable(msg)
        time.sleep(_POLL_S)


def _reassignment_error(read: probe.Reader) -> int:
    """The first error of an answer with one partition; a message, which is longer than a byte can tell, comes after it."""
    read.take("i")
    if code := read.take("h"):
        return code
    for form in ("B", "B"):  # no message, one topic
        read.take(form)
    for _ in range(read.take("B") - 1):
        read.take("b")
    read.take("B")
    read.take("i")
    return read.take("h")
