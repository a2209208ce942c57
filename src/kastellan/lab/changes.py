"""Changes to a running cluster that faults need, asked of a broker as the lab: settings of a resource, moves of replicas."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import Unavailable
from kastellan.lab import probe
from kastellan.lab.model import Lab, Node

_ALTER_CONFIGS, _REASSIGN = 44, 45
_TOPIC, _BROKER, _GROUP = 2, 4, 32
_SET, _DELETE = 0, 1
_GONE = frozenset({3, 85})
"""Unknown topic or partition, no reassignment in progress: there is nothing left to cancel."""
_WAIT_S, _POLL_S, _ASK_S = 60.0, 0.2, 15.0


def set_topic(lab: Lab, topic: str, values: Mapping[str, str | None]) -> None:
    """Set these configs of a topic; None takes one back to its default. Raises `Unavailable` when no broker would."""
    _insist(lab.brokers, f"the settings of {topic}", lambda node: _alter(node, _TOPIC, topic, values))


def set_group(lab: Lab, group: str, values: Mapping[str, str | None]) -> None:
    """Set these configs of a group; None takes one back to its default. Raises `Unavailable` when no broker would."""
    _insist(lab.brokers, f"the settings of {group}", lambda node: _alter(node, _GROUP, group, values))


def set_broker(lab: Lab, broker: int, values: Mapping[str, str | None]) -> None:
    """Set these configs of one broker, asked of itself; None takes one back to its default."""
    _insist([lab.node(broker)], f"the settings of broker {broker}", lambda node: _alter(node, _BROKER, str(broker), values))


def reassign(lab: Lab, topic: str, partition: int, replicas: Sequence[int] | None) -> None:
    """Move a partition to these brokers; None cancels what is under way, or finds that nothing is."""
    place = b"\0" if replicas is None else _many(struct.pack(">i", each) for each in replicas)
    parts = _many([struct.pack(">i", partition) + place + b"\0"])
    topics = _many([_text(topic) + parts + b"\0"])
    body = struct.pack(">i", int(_ASK_S * 1000)) + topics + b"\0"
    done = frozenset[int]() if replicas is not None else _GONE

    def ask(node: Node) -> int | None:
        answer = probe.ask(node.door, _REASSIGN, 0, body, _ASK_S, flexible=True)
        if answer is None:
            return None
        code = _reassignment_error(probe.Reader(answer))
        return 0 if code in done else code

    _insist(lab.brokers, f"the replicas of {topic}-{partition}", ask)


def _alter(node: Node, kind: int, name: str, values: Mapping[str, str | None]) -> int | None:
    body = struct.pack(">ib", 1, kind) + _long_text(name) + struct.pack(">i", len(values))
    for key, value in values.items():
        change = (
            struct.pack(">b", _DELETE) + struct.pack(">h", -1) if value is None else struct.pack(">b", _SET) + _long_text(value)
        )
        body += _long_text(key) + change
    answer = probe.ask(node.door, _ALTER_CONFIGS, 0, body + b"\0", _ASK_S)
    if answer is None:
        return None
    read = probe.Reader(answer)
    read.take("i")
    return next((code for code in (read.take("h") for _ in range(read.take("i"))) if code), 0)


def _insist(nodes: Iterable[Node], what: str, ask: Callable[[Node], int | None]) -> None:
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
            msg = f"{what} could not be changed ({reason}); see `kastellan lab logs`"
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


def _many(parts: Iterable[bytes]) -> bytes:
    """A compact array; ours are short."""
    found = list(parts)
    return struct.pack(">B", len(found) + 1) + b"".join(found)


def _text(value: str) -> bytes:
    raw = value.encode()
    return struct.pack(">B", len(raw) + 1) + raw


def _long_text(value: str) -> bytes:
    raw = value.encode()
    return struct.pack(">h", len(raw)) + raw
