"""The disk of one of a broker's log directories is full: the next append fails, and the directory goes out of service.

The broker goes on with its other directories. Its log has an ERROR "No space left on device" and then LogDirFailureChannel;
making room does not bring the directory back, a restart does.
"""

from __future__ import annotations

from kastellan.kernel.deadline import Deadline
from kastellan.lab import probe
from kastellan.lab.faults import _small_disk
from kastellan.lab.faults._model import HEALS_S, HOLDS_S, Fault, Truth, choose_log_dir, wait
from kastellan.lab.load import clients
from kastellan.lab.model import Lab, Node

FAULT = Fault(
    id="disk_full",
    title="The disk of a log directory is full",
    fault_class="disk-full",
    kind="log_dir",
    needs="a lab with --log-dirs 2, mounts or user namespaces, confluent-kafka",
)
_TOPIC, _PARTITIONS, _RECORDS = "lab-filling", 4, 20


def aim(lab: Lab, node: int | None) -> Truth:
    """Choose the broker (the highest id unless one was named); it is the last of its directories."""
    clients.need()
    _small_disk.need()
    victim, directory = choose_log_dir(FAULT, lab, node)
    return Truth(
        fault=FAULT.id,
        fault_class=FAULT.fault_class,
        kind=FAULT.kind,
        key=(victim.id, str(directory)),
        node=victim.id,
        hurt=(("broker", (victim.id,)),),
        effect=f"the disk of {directory} of broker {victim.id} is full: its replicas there are offline",
    )


def inject(lab: Lab, truth: Truth) -> None:
    """Put the directory on a small disk, fill that, write to the broker, and wait until it says that the directory is offline."""
    node = lab.node(int(truth.node or 0))
    _small_disk.put_under(lab, node)
    clients.create(lab, [(_TOPIC, _PARTITIONS, min(3, len(lab.brokers)), {})], Deadline.after(HOLDS_S))
    _small_disk.fill(node, lambda _: False)
    wait(lambda: _is_noticed(lab, node), f"that {node.log_dirs[-1]} is offline", HOLDS_S)


def undo(lab: Lab, truth: Truth) -> None:
    """Restart the broker on its own disk, wait until its replicas are in sync, and delete the topic."""
    node = lab.node(int(truth.node or 0))
    _small_disk.take_away(lab, node)
    clients.delete(lab, _TOPIC, Deadline.after(HEALS_S))
    wait(lambda: not probe.offline_dirs(node.door), "that every log directory is in service", HEALS_S)


def _is_noticed(lab: Lab, node: Node) -> bool:
    """Write where the full disk must take it, and look whether the broker met the error."""
    for number in range(_PARTITIONS):
        clients.write(lab, _TOPIC, number, _RECORDS, Deadline.after(HOLDS_S))
    return str(node.log_dirs[-1]) in probe.offline_dirs(node.door)
