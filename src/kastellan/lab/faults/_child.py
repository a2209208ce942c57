"""A process that belongs to a fault: an application that misbehaves. On record like a node, ended and removed with its fault."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from kastellan.kernel.deadline import Deadline
from kastellan.lab import processes
from kastellan.lab.locks import held
from kastellan.lab.model import Lab
from kastellan.lab.processes import Identity
from kastellan.lab.tools import child_environment

_LOCK_S, _END_S = 60.0, 10.0
_RECORD = "process"
_SHOWN_LINES = 5
OUTPUT = "output.log"
"""The file with what it printed."""


def folder(lab: Lab, fault: str) -> Path:
    """Its working directory, where it says how it fares."""
    return lab.dir / "faults" / fault


def start(lab: Lab, fault: str, module: str, *arguments: str, through: Sequence[str] = ()) -> None:
    """Start this module (`through` a command) with the lab's directory and these arguments; returns once it is on record."""
    place = folder(lab, fault)
    with held(place, Deadline.after(_LOCK_S)) as lock:
        processes.spawn(
            [*through, sys.executable, "-m", module, str(lab.dir), *arguments],
            record=place / _RECORD, lock=lock, lab_dir=lab.dir, cwd=place, output=place / OUTPUT, env=child_environment(),
        )  # fmt: skip
        processes.wait_recorded(place / _RECORD, Deadline.after(_LOCK_S))


def identity(lab: Lab, fault: str) -> Identity | None:
    """Which process it is, whether it lives or not; None before it is on record."""
    return processes.read_record(folder(lab, fault) / _RECORD)


def is_gone(lab: Lab, fault: str) -> bool:
    """Whether it ended, or never was."""
    child = identity(lab, fault)
    return child is None or processes.now(child) is None


def last_words(lab: Lab, fault: str) -> str:
    """The last lines that it printed, in one."""
    lines = [line.strip() for line in read_output(lab, fault, OUTPUT).splitlines() if line.strip()]
    return " | ".join(lines[-_SHOWN_LINES:]) or "nothing"


def kill(lab: Lab, fault: str) -> None:
    """End it at once, as a crash does; nothing happens when it is gone or never was."""
    if child := identity(lab, fault):
        processes.kill_all([child], Deadline.after(_LOCK_S))


def end(lab: Lab, fault: str) -> None:
    """Ask it to end, so that it leaves its group; then end it."""
    child = identity(lab, fault)
    if child and processes.send(child, signal.SIGTERM):
        processes.wait_gone([child], Deadline.after(_END_S))
    kill(lab, fault)


def remove(lab: Lab, fault: str) -> None:
    """Remove what it wrote."""
    place = folder(lab, fault)
    if place.exists():
        for entry in place.iterdir():
            entry.unlink()
        place.rmdir()


def read_output(lab: Lab, fault: str, name: str) -> str:
    """What it wrote into a file of this name; nothing while there is none."""
    try:
        return (folder(lab, fault) / name).read_text()
    except FileNotFoundError:
        return ""


def has_output(lab: Lab, fault: str, name: str) -> bool:
    """Whether it wrote a file of this name."""
    return (folder(lab, fault) / name).exists()


def write_output(name: str, text: str) -> None:
    """For the process itself: write a file into its directory, whole or not at all."""
    part = Path(f"{name}.part")
    part.write_text(text)
    part.rename(name)
