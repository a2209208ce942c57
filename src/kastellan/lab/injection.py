"""Inject faults and take them back. What is done is on record before it is done, so that any later process can undo it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import cast

import msgspec

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import BadInput, Unavailable
from kastellan.kernel.folder import modules_in
from kastellan.lab import cluster, faults
from kastellan.lab.faults._model import FaultModule, Truth
from kastellan.lab.locks import held
from kastellan.lab.model import FAULTS, Lab, read_value, write_value

_LOCK_S = 120.0


def catalogue() -> dict[str, FaultModule]:
    """Every fault by its id, read from the folder."""
    modules = [cast("FaultModule", module) for module in modules_in(faults)]
    return {module.FAULT.id: module for module in modules}


def inject(lab: Lab, fault_id: str, node: int | None = None) -> Truth:
    """Inject a fault and return its truth once it holds.

    Raises `BadInput` for an unknown fault, one that is injected already, or a node that cannot be hurt; `Unavailable` when it
    was not seen to hold in time, and then it stays on record so that `undo` takes back what was done.
    """
    faults_by_id = catalogue()
    module = faults_by_id.get(fault_id)
    if module is None:
        msg = f"there is no fault {fault_id!r}; choose one of {', '.join(faults_by_id)}"
        raise BadInput(msg)
    with held(_folder(lab), Deadline.after(_LOCK_S)):
        truth = module.aim(lab, node)
        _refuse_twice(lab, truth)
        # Records are named and ordered by their time: one within the millisecond of another would take its place.
        newest_ms = max((truth.at_ms for truth in active(lab)), default=0)
        truth = msgspec.structs.replace(truth, at_ms=max(time.time_ns() // 1_000_000, newest_ms + 1))
        record = _folder(lab) / f"{truth.at_ms}-{fault_id}.json"
        write_value(record, truth)
        module.inject(lab, truth)
        truth = msgspec.structs.replace(truth, holds=True)
        write_value(record, truth)
    return truth


def active(lab: Lab) -> list[Truth]:
    """Faults on record, oldest first, finished or not. Raises `BadInput` when a record is damaged."""
    return [truth for _, truth in _records(lab)]


def undo(lab: Lab, fault_id: str | None = None) -> list[Truth]:
    """Take back every fault on record (or those of one id), the newest first; returns them.

    What one of them cannot take back keeps no other from it: the first `Unavailable` is raised when all were tried, and
    its fault stays on record.
    """
    faults_by_id = catalogue()
    if fault_id is not None and fault_id not in faults_by_id:
        msg = f"there is no fault {fault_id!r}; choose one of {', '.join(faults_by_id)}"
        raise BadInput(msg)
    undone: list[Truth] = []
    problems: list[Unavailable] = []
    with held(_folder(lab), Deadline.after(_LOCK_S)):
        for record, truth in reversed(_records(lab)):
            if fault_id is not None and truth.fault != fault_id:
                continue
            try:
                faults_by_id[truth.fault].undo(cluster.need(lab.name), truth)
            except Unavailable as problem:
                problems.append(problem)
            else:
                record.unlink()
                undone.append(truth)
    if problems:
        raise problems[0]
    return undone


def _folder(lab: Lab) -> Path:
    return lab.dir / FAULTS


def _records(lab: Lab) -> list[tuple[Path, Truth]]:
    remedy = f"`kastellan lab down --name {lab.name}` ends the lab with its faults"
    records: list[tuple[Path, Truth]] = []
    for path in sorted(_folder(lab).glob("*.json")):
        truth = read_value(path, Truth, remedy)
        if truth:
            records.append((path, truth))
    return records


def _refuse_twice(lab: Lab, truth: Truth) -> None:
    for injected in active(lab):
        if (injected.fault, injected.key) == (truth.fault, truth.key):
            msg = f"{truth.fault} on {truth.kind} {truth.key} is injected already; take it back with `kastellan lab fault --undo`"
            raise BadInput(msg)
