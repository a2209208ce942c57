"""A transaction stays open because its producer died: readers with read_committed see nothing that came after it.

The producer is killed in the middle of a transaction with a timeout of 15 minutes while other records flow into the same
partition. No broker logs anything; the last stable offset stands still while the end of the log moves on.
"""

from __future__ import annotations

from pathlib import Path

from kastellan.kernel.deadline import Deadline
from kastellan.lab import load
from kastellan.lab.faults import _child
from kastellan.lab.faults._model import HEALS_S, HOLDS_S, Fault, Truth, refuse_node, wait, wait_child
from kastellan.lab.load import clients
from kastellan.lab.model import Lab

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
_COPIES = 3


def aim(lab: Lab, node: int | None) -> Truth:
    """Choose the partition: one that the load writes to, else one of a topic of this fault's own."""
    clients.need()
    refuse_node(FAULT, node)
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
    folder = _child.folder(lab, FAULT.id)
    _child.start(lab, FAULT.id, "kastellan.lab.faults._dying_producer", topic, TRANSACTIONAL_ID)
    wait_child(lab, FAULT.id, (folder / "opened").exists, "that the transaction is open", HOLDS_S)
    _child.kill(lab, FAULT.id)
    if topic == TOPIC:
        clients.write(lab, topic, 0, _RECORDS, Deadline.after(HOLDS_S))
    wait(lambda: _held_back(lab, topic, folder), f"that readers of {topic}-0 are held back", HOLDS_S)


def undo(lab: Lab, truth: Truth) -> None:
    """Abort the transaction by starting a producer with its id, wait until readers go on, and delete what was made for it."""
    topic = truth.details["topic"]
    folder = _child.folder(lab, FAULT.id)
    _child.kill(lab, FAULT.id)
    clients.abort_transactions(lab, TRANSACTIONAL_ID, Deadline.after(HEALS_S))
    wait(lambda: not _stands_at(lab, topic, folder), f"that readers of {topic}-0 go on", HEALS_S)
    if topic == TOPIC:
        clients.delete(lab, topic, Deadline.after(HEALS_S))
    _child.remove(lab, FAULT.id)


def _held_back(lab: Lab, topic: str, folder: Path) -> bool:
    """True once the last stable offset is where the dead producer's transaction began: another's may be open before it."""
    stable, end = clients.stable_and_end(lab, topic, 0)
    return stable == _began(folder) and stable < end - 1


def _stands_at(lab: Lab, topic: str, folder: Path) -> bool:
    """True while the last stable offset is still where the dead producer's transaction began."""
    began = _began(folder)
    return began is not None and clients.stable_and_end(lab, topic, 0)[0] <= began


def _began(folder: Path) -> int | None:
    """The offset of the dead producer's first record; None where it did not come so far."""
    try:
        return int((folder / "opened").read_text())
    except (OSError, ValueError):
        return None
