"""A transaction stays open because its producer died: readers with read_committed see nothing that came after it.

The producer is killed in the middle of a transaction with a timeout of 15 minutes while other records flow into the same
partition. No broker logs anything; the last stable offset stands still while the end of the log moves on.
"""

from __future__ import annotations

import sys
from pathlib import Path

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import BadInput
from kastellan.lab import load, processes
from kastellan.lab.faults._model import HEALS_S, HOLDS_S, Fault, Truth, wait
from kastellan.lab.load import clients
from kastellan.lab.locks import held
from kastellan.lab.model import Lab
from kastellan.lab.tools import child_environment

FAULT = Fault(
    id="transaction_open",
    title="A transaction stays open, its producer is dead",
    fault_class="transaction-open-owner-gone",
    kind="transaction",
    needs="confluent-kafka",
)
TOPIC, LOADED_TOPIC = "lab-transactions", "payments"
TRANSACTIONAL_ID = "lab-dead-producer"
_RECORDS = 20
_LOCK_S = 60.0
_COPIES = 3


def aim(lab: Lab, node: int | None) -> Truth:
    """Choose the partition: one that the load writes to, else one of a topic of this fault's own."""
    clients.need()
    if node is not None:
        msg = f"{FAULT.id} hurts a partition and takes no --node"
        raise BadInput(msg)
    running = load.status(lab)
    topic = LOADED_TOPIC if running and running.running else TOPIC
    return Truth(
        fault=FAULT.id,
        fault_class=FAULT.fault_class,
        kind=FAULT.kind,
        key=(TRANSACTIONAL_ID,),
        hurt=(("partition", (topic, 0)),),
        effect=f"transaction {TRANSACTIONAL_ID} is open on {topic}-0, its producer is dead: read_committed readers stand still",
        details={"topic": topic, "partition": "0"},
    )


def inject(lab: Lab, truth: Truth) -> None:
    """Open the transaction in a process of its own, kill that, let records follow, and wait until readers are held back."""
    topic = truth.details["topic"]
    if topic == TOPIC:
        copies = min(_COPIES, len(lab.brokers))
        configs = {"min.insync.replicas": str(max(1, copies - 1))}
        clients.create(lab, [(TOPIC, 1, copies, configs)], Deadline.after(HOLDS_S))
    folder = _folder(lab)
    with held(folder, Deadline.after(_LOCK_S)) as lock:
        processes.spawn(
            [sys.executable, "-m", "kastellan.lab.faults._dying_producer", str(lab.dir), topic, TRANSACTIONAL_ID],
            record=folder / "process", lock=lock, lab_dir=lab.dir, cwd=folder, output=folder / "output.log",
            env=child_environment(),
        )  # fmt: skip
        producer = processes.recorded(folder / "process", Deadline.after(_LOCK_S))
    wait((folder / "opened").exists, "that the transaction is open", HOLDS_S)
    processes.kill_all([producer], Deadline.after(_LOCK_S))
    if topic == TOPIC:
        clients.write(lab, topic, 0, _RECORDS, Deadline.after(HOLDS_S))
    wait(lambda: _held_back(lab, topic), f"that readers of {topic}-0 are held back", HOLDS_S)


def undo(lab: Lab, truth: Truth) -> None:
    """Abort the transaction by starting a producer with its id, wait until readers go on, and delete what was made for it."""
    topic = truth.details["topic"]
    folder = _folder(lab)
    identity = processes.read_record(folder / "process")
    if identity:
        processes.kill_all([identity], Deadline.after(_LOCK_S))
    clients.abort_transactions(lab, TRANSACTIONAL_ID, Deadline.after(HEALS_S))
    wait(lambda: not _stands_at(lab, topic, folder), f"that readers of {topic}-0 go on", HEALS_S)
    if topic == TOPIC:
        clients.delete(lab, topic, Deadline.after(HEALS_S))
    for entry in folder.iterdir() if folder.exists() else ():
        entry.unlink()
    if folder.exists():
        folder.rmdir()


def _folder(lab: Lab) -> Path:
    return lab.dir / "faults" / FAULT.id


def _held_back(lab: Lab, topic: str) -> bool:
    stable, end = clients.stable_and_end(lab, topic, 0)
    return stable < end - 1


def _stands_at(lab: Lab, topic: str, folder: Path) -> bool:
    """True while the last stable offset is still where the dead producer's transaction began."""
    try:
        began = int((folder / "opened").read_text())
    except (OSError, ValueError):
        return False
    stable, _ = clients.stable_and_end(lab, topic, 0)
    return stable <= began
