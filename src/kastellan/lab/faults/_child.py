"""A process that belongs to a fault: an application that misbehaves. On record like a node, ended and removed with its fault."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from kastellan.kernel.deadline import Deadline
from kastellan.lab import processes
from kastellan.lab.locks import held
from kastellan.lab.model import Lab
from kastellan.lab.tools import child_environment

_LOCK_S, _END_S = 60.0, 10.0
_RECORD = "process"


def folder(lab: Lab, fault: str) -> Path:
    """Its working directory, where it says how it fares."""
    return lab.dir / "faults" / fault


def start(lab: Lab, fault: str, module: str, *arguments: str) -> None:
    """Start this module with the lab's directory and these arguments; returns once it is on record."""
    place = folder(lab, fault)
    with held(place, Deadline.after(_LOCK_S)) as lock:
        processes.spawn(
            [sys.executable, "-m", module, str(lab.dir), *arguments],
            record=place / _RECORD, lock=lock, lab_dir=lab.dir, cwd=place, output=place / "output.log", env=child_environment(),
        )  # fmt: skip
        processes.recorded(place / _RECORD, Deadline.after(_LOCK_S))


def kill(lab: Lab, fault: str) -> None:
    """End it at once, as a crash does; nothing happens when it is gone or never was."""
    identity = processes.read_record(folder(lab, fault) / _RECORD)
    if identity:
        processes.kill_all([identity], Deadline.after(_LOCK_S))


def end(lab: Lab, fault: str) -> None:
    """Ask it to end, so that it leaves its group; then end it."""
    identity = processes.read_record(folder(lab, fault) / _RECORD)
    if identity and processes.send(identity, signal.SIGTERM):
        processes.wait_gone([identity], Deadline.after(_END_S))
    kill(lab, fault)


def remove(lab: Lab, fault: str) -> None:
    """Remove what it wrote."""
    place = folder(lab, fault)
    if place.exists():
        for entry in place.iterdir():
            entry.unlink()
        place.rmdir()


def told(lab: Lab, fault: str, name: str) -> str:
    """What it wrote into a file of this name; nothing while there is none."""
    try:
        return (folder(lab, fault) / name).read_text()
    except FileNotFoundError:
        return ""


def tell(name: str, text: str) -> None:
    """For the process itself: write a file into its directory, whole or not at all."""
    part = Path(f"{name}.part")
    part.write_text(text)
    part.rename(name)
