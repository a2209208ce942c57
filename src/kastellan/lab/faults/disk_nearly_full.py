"""The disk of one of a broker's log directories has almost no room left: everything works, and not for long.

Nothing logs anything. The broker tells the size and the free bytes of the directory to who asks (Kafka 3.3 or newer).
"""

from __future__ import annotations

import os

from kastellan.lab.faults import _small_disk
from kastellan.lab.faults._model import HOLDS_S, Fault, Truth, choose_log_dir, wait
from kastellan.lab.model import Lab

FAULT = Fault(
    id="disk_nearly_full",
    title="The disk of a log directory is nearly full",
    fault_class="disk-nearly-full",
    kind="log_dir",
    needs="a lab with --log-dirs 2, mounts or user namespaces",
)
_LEFT = 0.03


def aim(lab: Lab, node: int | None) -> Truth:
    """Choose the broker (the highest id unless one was named); it is the last of its directories."""
    _small_disk.need()
    victim, directory = choose_log_dir(FAULT, lab, node)
    return Truth(
        fault=FAULT.id,
        fault_class=FAULT.fault_class,
        kind=FAULT.kind,
        key=(victim.id, str(directory)),
        node=victim.id,
        effect=f"the disk of {directory} of broker {victim.id} is {1 - _LEFT:.0%} full",
    )


def inject(lab: Lab, truth: Truth) -> None:
    """Put the directory on a small disk, and fill that almost."""
    node = lab.node(int(truth.node or 0))
    _small_disk.put_under(lab, node)
    _small_disk.fill(node, _is_nearly_full)
    wait(lambda: _is_nearly_full(_small_disk.space(node)), "that the disk is nearly full", HOLDS_S)


def undo(lab: Lab, truth: Truth) -> None:
    """Restart the broker on its own disk, and wait until its replicas are in sync."""
    _small_disk.take_away(lab, lab.node(int(truth.node or 0)))


def _is_nearly_full(usage: os.statvfs_result) -> bool:
    return usage.f_bavail <= _LEFT * usage.f_blocks
