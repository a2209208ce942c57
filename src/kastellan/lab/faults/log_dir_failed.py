"""One of a broker's log directories is gone under it: a mount that was lost, a disk that died.

The next checkpoint fails, the broker takes the directory out of service and goes on with the others; its replicas there are
offline until it is restarted with a directory that works. Its log has one ERROR of LogDirFailureChannel. A plain file takes
the directory's place: a broker that is about to create a replica would make the directory anew and never notice.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from kastellan.lab import nodes, probe
from kastellan.lab.faults._model import HEALS_S, HOLDS_S, Fault, Truth, choose_log_dir, wait, wait_healed
from kastellan.lab.model import Lab

FAULT = Fault(
    id="log_dir_failed",
    title="A log directory of a broker has failed",
    fault_class="log-dir-failed",
    kind="log_dir",
    needs="a lab with --log-dirs 2",
)
_AWAY = ".away"


def aim(lab: Lab, node: int | None) -> Truth:
    """Choose the broker (the highest id unless one was named); it is the last of its directories."""
    victim, directory = choose_log_dir(FAULT, lab, node)
    return Truth(
        fault=FAULT.id,
        fault_class=FAULT.fault_class,
        kind=FAULT.kind,
        key=(victim.id, str(directory)),
        node=victim.id,
        hurt=(("broker", (victim.id,)),),
        effect=f"{directory} of broker {victim.id} is gone: its replicas there are offline, the broker goes on with the others",
    )


def inject(lab: Lab, truth: Truth) -> None:
    """Move the directory away, and wait until the broker says that it is offline."""
    node = lab.node(int(truth.node or 0))
    directory = node.log_dirs[-1]
    directory.rename(directory.with_name(directory.name + _AWAY))
    _block(directory)
    wait(lambda: str(directory) in probe.offline_dirs(node.door), f"that {directory} is offline", HOLDS_S)


def undo(lab: Lab, truth: Truth) -> None:
    """Move the directory back, restart the broker, and wait until its replicas are in sync."""
    node = lab.node(int(truth.node or 0))
    directory = node.log_dirs[-1]
    away = directory.with_name(directory.name + _AWAY)
    nodes.kill(lab, node.id)
    if away.exists():
        _clear(directory)
        away.rename(directory)
    nodes.restart(lab, node.id)
    wait_healed(lab)
    wait(lambda: not probe.offline_dirs(node.door), "that every log directory is in service", HEALS_S)


def _block(directory: Path) -> None:
    """Put a plain file where the directory was, however often the broker is faster."""
    while True:
        try:
            directory.touch(exist_ok=False)
        except FileExistsError:
            _clear(directory)
        else:
            return


def _clear(directory: Path) -> None:
    """Remove what stands where the directory was; the replicas are in the one that was moved away."""
    if directory.is_dir():
        shutil.rmtree(directory, ignore_errors=True)
    else:
        directory.unlink(missing_ok=True)
