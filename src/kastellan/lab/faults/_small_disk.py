"""A disk of a fixed size under one log directory of a broker: a tmpfs that only this broker sees, gone when its process is.

The broker is started in a mount namespace of its own (as root, or in a user namespace, which needs no right), with its data
copied onto the small disk. Nothing is mounted for anybody else, so that nothing can be left mounted.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

from kastellan.kernel.errors import Unavailable
from kastellan.lab import nodes
from kastellan.lab.faults._model import wait_healed
from kastellan.lab.model import Lab, Node

_WAYS = (("unshare", "-m"), ("unshare", "-r", "-m"))
_MOUNT = (
    'mount -t tmpfs -o "size=$1,mode=0700" tmpfs "$3" && cp -a "$2/." "$3/" && mount --bind "$3" "$2" && shift 3 && exec "$@"'
)
_SPARE_BYTES = 24 * 1024**2
_PIECE = 64 * 1024
_TRY_S = 20.0
FILLER = "filler"


def need() -> tuple[str, ...]:
    """How mounts are allowed on this machine. Raises `Unavailable` when they are not."""
    way = _way()
    if not way:
        msg = "this machine allows neither mounts nor user namespaces, which a disk of a fixed size needs; run the lab as root"
        raise Unavailable(msg)
    return way


@cache
def _way() -> tuple[str, ...]:
    for way in _WAYS:
        try:
            tried = subprocess.run(
                [*way, "mount", "-t", "tmpfs", "tmpfs", "/tmp"],  # noqa: S108 - in a namespace that ends with the command
                capture_output=True, check=False, timeout=_TRY_S,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            continue
        if tried.returncode == 0:
            return way
    return ()


def put_under(lab: Lab, node: Node) -> None:
    """Restart the broker with the last of its log directories on a small disk, and wait until the cluster is whole."""
    directory = node.log_dirs[-1]
    mount = _mount_point(node)
    nodes.kill(lab, node.id)
    mount.mkdir(exist_ok=True)
    used = sum(path.stat().st_blocks * 512 for path in directory.rglob("*"))
    size = str(used + _SPARE_BYTES)
    nodes.restart(lab, node.id, through=[*need(), "sh", "-c", _MOUNT, "small-disk", size, str(directory), str(mount)])
    wait_healed(lab)


def fill(node: Node, enough: Callable[[os.statvfs_result], bool]) -> None:
    """Fill the broker's small disk until it is full, or `enough` says so."""
    place = _inside(node)
    with (place / FILLER).open("ab", buffering=0) as opened:
        while not enough(os.statvfs(place)):
            try:
                opened.write(b"\0" * _PIECE)
            except OSError as problem:
                if problem.errno == errno.ENOSPC:
                    return
                raise


def space(node: Node) -> os.statvfs_result:
    """The small disk as its broker sees it."""
    return os.statvfs(_inside(node))


def take_away(lab: Lab, node: Node) -> None:
    """Restart the broker on its own disk, and wait until its replicas are in sync: they fetch what they missed."""
    nodes.restart(lab, node.id)
    if _mount_point(node).exists():
        shutil.rmtree(_mount_point(node))
    wait_healed(lab)


def _mount_point(node: Node) -> Path:
    return node.dir / "small-disk"


def _inside(node: Node) -> Path:
    """The directory as the broker sees it."""
    running = nodes.current(node)
    if running is None:
        msg = f"broker {node.id} is not running; undo the fault with `kastellan lab fault --undo`"
        raise Unavailable(msg)
    return Path(f"/proc/{running.pid}/root{node.log_dirs[-1]}")
