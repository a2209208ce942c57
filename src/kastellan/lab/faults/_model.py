"""What a fault declares, what it leaves on record, and the conditions that several faults wait for."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import BadInput, Unavailable
from kastellan.lab import nodes, probe
from kastellan.lab.faults import _child
from kastellan.lab.model import FAULTS, Lab, Node

Key = tuple[str | int, ...]
HOLDS_S, HEALS_S = 90.0, 240.0
_POLL_S = 0.2
_ELSEWHERE = "the lead of"


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """A declaration. `fault_class` is what a diagnosis must find; `kind` is the kind of the component that it must name."""

    id: str
    title: str
    fault_class: str
    kind: str
    needs: str = ""


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """What was done to whom, on record before it is done.

    The faulty component is (`kind`, `key`); `hurt` are the components that suffer and `effect` says how.
    `at_ms` is wall-clock epoch milliseconds; `holds` turns true once the fault was seen to hold.
    """

    fault: str
    fault_class: str
    kind: str
    key: Key
    effect: str
    hurt: tuple[tuple[str, Key], ...] = ()
    node: int | None = None
    details: Mapping[str, str] = {}
    at_ms: int = 0
    holds: bool = False


class FaultModule(Protocol):
    """The shape of a file in this folder."""

    FAULT: Fault

    def aim(self, lab: Lab, node: int | None) -> Truth:
        """Choose the victim and say the truth, without touching anything."""
        ...

    def inject(self, lab: Lab, truth: Truth) -> None:
        """Do it, and return once it was seen to hold."""
        ...

    def undo(self, lab: Lab, truth: Truth) -> None:
        """Take it back, whatever part of it was done, and return once that was seen."""
        ...


def choose_broker(lab: Lab, node: int | None) -> Node:
    """The broker that was asked for, else the running one with the highest id. Raises `BadInput` when it cannot be hurt."""
    if node is None:
        running = [broker for broker in lab.brokers if nodes.state(broker) == "running" and not _is_enclosed(lab, broker.id)]
        if not running:
            msg = f"no broker of lab {lab.name} is running; undo its faults with `kastellan lab fault --undo`"
            raise BadInput(msg)
        return running[-1]
    chosen = lab.node(node)
    if not chosen.is_broker:
        msg = f"node {node} is a controller and no broker; choose one of {', '.join(str(broker.id) for broker in lab.brokers)}"
        raise BadInput(msg)
    if (state := nodes.state(chosen)) != "running":
        msg = f"broker {node} is {state}, not running; choose another --node or undo its fault with `kastellan lab fault --undo`"
        raise BadInput(msg)
    if _is_enclosed(lab, node):
        msg = f"broker {node} has a network of its own by a fault already; choose another --node or `kastellan lab fault --undo`"
        raise BadInput(msg)
    return chosen


def enclosure(node: int) -> str:
    """The name of the process between a node and all others, for as long as a fault of the network has put one there."""
    return f"network-{node}"


def _is_enclosed(lab: Lab, node: int) -> bool:
    return _child.folder(lab, enclosure(node)).exists()


def choose_log_dir(fault: Fault, lab: Lab, node: int | None) -> tuple[Node, Path]:
    """The broker as `choose_broker` does, and the last of its directories. Raises `BadInput` when it has one only."""
    victim = choose_broker(lab, node)
    if len(victim.log_dirs) == 1:
        msg = f"{fault.id} needs a second log directory and the brokers of lab {lab.name} have one; use a lab with --log-dirs 2"
        raise BadInput(msg)
    return victim, victim.log_dirs[-1]


def refuse_node(fault: Fault, node: int | None) -> None:
    """Raises `BadInput` when a node was named for a fault that does not hurt one."""
    if node is not None:
        msg = f"{fault.id} hurts a {fault.kind} and takes no --node"
        raise BadInput(msg)


def wait(condition: Callable[[], bool], purpose: str, seconds: float) -> None:
    """Wait for a condition; a question that nobody answered counts as not yet.

    Raises `Unavailable` naming it at the end of the time.
    """
    deadline = Deadline.after(seconds)
    while not _holds(condition):
        if deadline.passed:
            msg = f"{purpose} was not seen within {seconds:.0f} s; see `kastellan lab status` and `kastellan lab logs`"
            raise Unavailable(msg)
        time.sleep(_POLL_S)


def wait_child(lab: Lab, name: str, condition: Callable[[], bool], purpose: str, seconds: float) -> None:
    """Wait for a condition that a process of this fault brings about, as long as it lives.

    Raises `Unavailable` with its last words when it ended, and when the time is over.
    """
    holds = False

    def is_over() -> bool:
        nonlocal holds
        gone = _child.is_gone(lab, name)  # first, so that the last thing it did still counts
        holds = _holds(condition)
        return holds or gone

    try:
        wait(is_over, purpose, seconds)
    except Unavailable as late:
        problem = late.message
    else:
        if holds:
            return
        problem = f"{purpose} will not be seen, its process ended"
    msg = f"{problem}; it said: {_child.last_words(lab, name)}"
    raise Unavailable(msg)


def _holds(condition: Callable[[], bool]) -> bool:
    try:
        return condition()
    except Unavailable:
        return False


def wait_fenced(lab: Lab, broker: int) -> None:
    """Wait until the other brokers know that it is gone; without a quorum they never will, so then it is not waited for."""
    controllers = [nodes.state(controller) == "running" for controller in lab.controllers]
    others = running_brokers(lab, broker)
    if others and (lab.spec.has_zookeeper or 2 * sum(controllers) > len(controllers)):
        wait(lambda: all(_misses(other, broker) for other in others), f"that broker {broker} is fenced", HOLDS_S)


def running_brokers(lab: Lab, without: int) -> list[Node]:
    """Brokers beside one that can be asked."""
    return [broker for broker in lab.brokers if broker.id != without and nodes.state(broker) == "running"]


def wait_healed(lab: Lab) -> None:
    """Wait until all running brokers see each other, their replicas are in sync, and leaders are where they were.

    Beside another fault that is on record the cluster cannot be whole: then whoever takes the last one back waits for it.
    Raises `Unavailable` with what is still amiss.
    """
    if len([*(lab.dir / FAULTS).glob("*.json")]) > 1:
        return
    deadline = Deadline.after(HEALS_S)
    while problem := amiss(lab):
        if deadline.passed:
            msg = f"lab {lab.name} is not whole after {HEALS_S:.0f} s: {problem}; see `kastellan lab logs`"
            raise Unavailable(msg)
        if problem.startswith(_ELSEWHERE):
            running = _running(lab)
            for broker in running if lab.spec.has_zookeeper else running[:1]:  # there only the controller, which is one of them
                probe.elect_preferred(broker.door)
        time.sleep(_POLL_S)


def only_elsewhere(lab: Lab) -> bool:
    """Whether nothing is amiss but where leaders are."""
    problem = amiss(lab)
    return not problem or problem.startswith(_ELSEWHERE)


def amiss(lab: Lab) -> str:
    """What is not as it should be among the running brokers, in a few words; empty when nothing is.

    Each of them must list all of them, hold every replica that is theirs in sync, and lead where it is the first replica.
    """
    running = _running(lab)
    ids = {broker.id for broker in running}
    for broker in running:
        view = probe.metadata(broker.door, None)
        if view is None:
            return f"broker {broker.id} does not answer"
        if not ids <= view.brokers:
            return f"broker {broker.id} sees only {sorted(view.brokers)}"
        for (topic, number), part in view.partitions.items():
            if missing := set(part.replicas) & ids - set(part.in_sync):
                return f"broker {broker.id} sees {topic}-{number} without {sorted(missing)} in sync"
        for (topic, number), part in view.partitions.items():
            if part.replicas[0] in ids and part.leader != part.replicas[0]:
                return f"{_ELSEWHERE} {topic}-{number}, which is broker {part.leader} instead of {part.replicas[0]}"
    return ""


def _running(lab: Lab) -> list[Node]:
    return [broker for broker in lab.brokers if nodes.state(broker) == "running"]


def _misses(node: Node, broker: int) -> bool:
    view = probe.metadata(node.door)
    return view is not None and broker not in view.brokers
