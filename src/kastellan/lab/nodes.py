"""One node of a lab: start it, hurt it, heal it, read its log. The node's own record says which process it is."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import Unavailable
from kastellan.lab import probe, processes
from kastellan.lab.locks import held
from kastellan.lab.model import Lab, Node
from kastellan.lab.processes import Identity
from kastellan.lab.runtime import Runtime, provide_runtime

START_S = 240.0
_STOP_S = 60.0
_RECORD_S = 60.0
_FORGET_S = 30.0
_LOCK_S = 30.0
_POLL_S = 0.05
_STARTED = re.compile(r"Kafka Server started|\[KafkaServer id=\d+\] started")
_TAIL_BYTES = 64 * 1024
_SEARCHED_LINES, _SHOWN_LINES = 200, 8


def launch(node: Node, runtime: Runtime, *, heap_mib: int, lock: int, lab_dir: Path, through: Sequence[str] = ()) -> None:
    """Start the node's process and return at once; it is on record before it is Kafka.

    `through` is a command that prepares a place and becomes the one that it is given, like `env`.
    """
    node.record.unlink(missing_ok=True)
    node.server_log.unlink(missing_ok=True)
    processes.spawn(
        [*through, *runtime.server_command(node, heap_mib)],
        record=node.record,
        lock=lock,
        lab_dir=lab_dir,
        cwd=node.dir,
        output=node.stdout_log,
        env=os.environ,
    )


def current(node: Node) -> Identity | None:
    """The process on record for the node, whether it lives or not."""
    return processes.read_record(node.record)


def state(node: Node) -> str:
    """`running`, `frozen`, `gone`, or `not started`."""
    identity = current(node)
    if identity is None:
        return "not started"
    process = processes.now(identity)
    if process is None or process.state in processes.DEAD:
        return "gone"
    return "frozen" if process.state in "Tt" else "running"


def rss_bytes(node: Node) -> int:
    """Memory of its process now; 0 when it is gone."""
    identity = current(node)
    process = processes.now(identity) if identity else None
    return process.rss_bytes if process else 0


def wait_ready(nodes: Sequence[Node], expected: frozenset[int], deadline: Deadline) -> None:
    """Wait until each node says that it started and each broker answers and sees all of `expected` unfenced.

    Raises `Unavailable` with the last log lines of a node that died, or of the one that is late.
    """
    waiting = list(nodes)
    while waiting:
        waiting = [node for node in waiting if not _is_ready(node, expected)]
        for node in waiting:
            if state(node) == "gone":
                msg = f"node {node.id} ended while it was starting; its last words:\n{last_words(node)}"
                raise Unavailable(msg)
        if waiting and deadline.passed:
            msg = f"node {waiting[0].id} was not ready in time; its last words:\n{last_words(waiting[0])}"
            raise Unavailable(msg)
        if waiting:
            time.sleep(_POLL_S)


def _is_ready(node: Node, expected: frozenset[int]) -> bool:
    if node.is_zookeeper:
        return probe.keeps(node.zookeeper or "")
    if not _says_started(node):
        return False
    if node.client is None:
        return probe.serves(node.door)
    view = probe.metadata(node.door)
    return view is not None and expected <= view.brokers


def _says_started(node: Node) -> bool:
    try:
        return _STARTED.search(node.server_log.read_text(errors="replace")) is not None
    except FileNotFoundError:
        return False


def kill(lab: Lab, node_id: int) -> None:
    """SIGKILL the node and wait until it is gone; nothing happens when it is already."""
    identity = current(lab.node(node_id))
    if identity and processes.kill_all([identity], Deadline.after(_STOP_S)):
        msg = f"node {node_id} (pid {identity.pid}) does not end after SIGKILL; the machine may be hanging in I/O"
        raise Unavailable(msg)


def stop(lab: Lab, node_id: int) -> None:
    """SIGSTOP the node and wait until it is frozen. Raises `Unavailable` when it is gone."""
    _signal(lab, node_id, signal.SIGSTOP, "frozen")


def cont(lab: Lab, node_id: int) -> None:
    """SIGCONT the node and wait until it runs. Raises `Unavailable` when it is gone."""
    _signal(lab, node_id, signal.SIGCONT, "running")


def restart(lab: Lab, node_id: int, seconds: float = START_S, through: Sequence[str] = ()) -> None:
    """Kill the node when it lives, start it on its own data (`through` a command), and wait until it serves and is unfenced."""
    node = lab.node(node_id)
    kill(lab, node_id)
    if lab.spec.has_zookeeper and node.is_broker:
        _wait_forgotten(lab, node_id, Deadline.after(_FORGET_S))
    runtime = provide_runtime(lambda _: None, lab.spec.kafka)
    with held(lab.dir, Deadline.after(_LOCK_S)) as lock:
        launch(node, runtime, heap_mib=lab.spec.heap_mib, lock=lock, lab_dir=lab.dir, through=through)
        processes.wait_recorded(node.record, Deadline.after(_RECORD_S))
    expected = frozenset([node_id]) if node.is_broker else frozenset[int]()
    wait_ready([node], expected, Deadline.after(seconds))


def _wait_forgotten(lab: Lab, node_id: int, deadline: Deadline) -> None:
    """Wait until no other broker knows the dead one: ZooKeeper keeps its place for a session, and refuses it until then."""
    others = [broker for broker in lab.brokers if broker.id != node_id and state(broker) == "running"]
    while any((view := probe.metadata(other.door)) and node_id in view.brokers for other in others) and not deadline.passed:
        time.sleep(_POLL_S)


def log_tail(node: Node, lines: int = 20) -> list[str]:
    """The last lines of its server log, or of what the JVM printed when it has none."""
    for path in (node.server_log, node.stdout_log):
        try:
            with path.open("rb") as opened:
                opened.seek(max(0, path.stat().st_size - _TAIL_BYTES))
                last_lines = opened.read().decode(errors="replace").splitlines()[-lines:]
        except FileNotFoundError:
            continue
        if last_lines:
            return last_lines
    return []


def last_words(node: Node) -> str:
    """The end of its log without stack traces, indented for a message."""
    lines = [line for line in log_tail(node, _SEARCHED_LINES) if not line.startswith(("\t", " "))]
    return "\n".join("  " + line for line in lines[-_SHOWN_LINES:]) or "  (it wrote nothing)"


def _signal(lab: Lab, node_id: int, number: signal.Signals, wanted: str) -> None:
    node = lab.node(node_id)
    identity = current(node)
    if identity is None or not processes.send(identity, number):
        msg = f"node {node_id} of lab {lab.name} is not running; start it with `kastellan lab up` or undo the fault that ended it"
        raise Unavailable(msg)
    deadline = Deadline.after(_STOP_S)
    while state(node) != wanted:
        if deadline.passed:
            msg = f"node {node_id} is {state(node)} instead of {wanted} after {number.name}"
            raise Unavailable(msg)
        time.sleep(_POLL_S)
