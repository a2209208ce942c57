"""Start, watch and end the load of a lab. The load is one process, on record like a node."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import BadInput, Unavailable
from kastellan.lab import processes
from kastellan.lab.load import clients
from kastellan.lab.load.plan import LoadTruth, truth_for
from kastellan.lab.load.progress import PROGRESS, Part, Progress
from kastellan.lab.locks import held
from kastellan.lab.model import Lab, read_value, write_value
from kastellan.lab.tools import child_environment

_LOCK_S, _CREATE_S, _STOP_S, _RECORD_S = 120.0, 120.0, 10.0, 60.0
_POLL_S = 0.2
_REMEDY = "`kastellan lab load --stop` ends the load and removes it"
_RECORD, _TRUTH, _OUTPUT = "process", "truth.json", "output.log"


class LoadStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The load now: `running` or not, the parts that move, and those that do not (yet) with the reason they gave."""

    running: bool
    moving: tuple[str, ...]
    waiting: tuple[tuple[str, str], ...]


def load_dir(lab: Lab) -> Path:
    """Where the load of this lab is on record."""
    return lab.dir / "load"


def start(lab: Lab) -> tuple[LoadTruth, bool]:
    """Create the topics and start the load; returns the known answer, and False when it was running already.

    Raises `MissingTool` without confluent-kafka, `Unavailable` when the brokers do not make the topics.
    """
    folder = load_dir(lab)
    clients.need()
    with held(lab.dir, Deadline.after(_LOCK_S)) as lock:
        current = truth(lab)
        if current and _alive(lab):
            return current, False
        fresh = truth_for(lab.bootstrap, len(lab.brokers), time.time_ns() // 1_000_000, lab.spec.kafka)
        create_topics(lab, fresh)
        for leftover in (_RECORD, PROGRESS):
            (folder / leftover).unlink(missing_ok=True)
        write_value(folder / _TRUTH, fresh)
        processes.spawn(
            [sys.executable, "-m", "kastellan.lab.load.worker", str(lab.dir)],
            record=folder / _RECORD, lock=lock, lab_dir=lab.dir, cwd=folder, output=folder / _OUTPUT, env=child_environment(),
        )  # fmt: skip
        processes.wait_recorded(folder / _RECORD, Deadline.after(_RECORD_S))
    return fresh, True


def create_topics(lab: Lab, load_truth: LoadTruth) -> None:
    """The topics of the load, with their configs; existing ones stay."""
    wanted = [(topic.name, topic.partitions, topic.replication_factor, topic.configs) for topic in load_truth.topics]
    clients.create(lab, wanted, Deadline.after(_CREATE_S))


def truth(lab: Lab) -> LoadTruth | None:
    """The known answer of this lab's load, or None when none was started. Raises `BadInput` when it is damaged."""
    return read_value(load_dir(lab) / _TRUTH, LoadTruth, _REMEDY)


def status(lab: Lab) -> LoadStatus | None:
    """How the load is, or None when none was started."""
    if truth(lab) is None:
        return None
    progress = read_value(load_dir(lab) / PROGRESS, Progress, _REMEDY)
    parts: Mapping[str, Part] = progress.parts if progress else {}
    return LoadStatus(
        running=_alive(lab),
        moving=tuple(name for name, part in parts.items() if part.moving),
        waiting=tuple((name, part.last_error) for name, part in parts.items() if not part.moving),
    )


def wait_moving(lab: Lab, seconds: float = 180.0) -> LoadStatus:
    """Wait until every part moves. Raises `Unavailable` naming the part that does not, with the reason it gave."""
    deadline = Deadline.after(seconds)
    while True:
        load_status = status(lab)
        if load_status is None or not load_status.running:
            last = _last_output(lab)
            words = f" (its last words: {last})" if last else ""
            msg = f"the load of lab {lab.name} is not running{words}; start it with `kastellan lab load`"
            raise Unavailable(msg)
        if load_status.moving and not load_status.waiting:
            return load_status
        if deadline.passed:
            part, reason = load_status.waiting[0] if load_status.waiting else ("the load", "it has not reported yet")
            why = reason or "no error was reported"
            msg = f"{part} does not move after {seconds:.0f} s ({why}); see {load_dir(lab) / _OUTPUT}"
            raise Unavailable(msg)
        time.sleep(_POLL_S)


def stop(lab: Lab) -> bool:
    """End the load: members leave their groups, topics and commits stay. False when none was started."""
    folder = load_dir(lab)
    with held(lab.dir, Deadline.after(_LOCK_S)):
        if not folder.exists():
            return False
        identity = None
        with suppress(BadInput):
            identity = processes.read_record(folder / _RECORD)
        if identity and processes.send(identity, signal.SIGTERM) and processes.wait_gone([identity], Deadline.after(_STOP_S)):
            processes.kill_all([identity], Deadline.after(_STOP_S))
        for entry in folder.iterdir():
            entry.unlink()
        folder.rmdir()
    return True


def _alive(lab: Lab) -> bool:
    identity = processes.read_record(load_dir(lab) / _RECORD)
    return identity is not None and processes.now(identity) is not None


def _last_output(lab: Lab) -> str:
    try:
        lines = (load_dir(lab) / _OUTPUT).read_text(errors="replace").strip().splitlines()
    except FileNotFoundError:
        return ""
    return lines[-1][:200] if lines else ""
