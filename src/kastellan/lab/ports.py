"""Free ports on 127.0.0.1 that stay ours: reserved on disk for a lab, outside the range that the kernel hands out.

A reservation is a file named like the port that holds its lab's directory; it is void once that directory is gone.
Labs of one user share the reservations whatever their state directory is, because ports belong to the machine.
"""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import Unavailable
from kastellan.lab.locks import held
from kastellan.lab.places import reservations_dir

_LOWEST, _DEFAULT_HIGHEST = 15_000, 32_000
_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOCK_S = 60.0


def reserve(lab_dir: Path, count: int, preferred: Sequence[Sequence[int]] = ()) -> list[int]:
    """Reserve `count` ports for a lab: the first of `preferred` that is wholly free, else any.

    Raises `Unavailable` when there are not enough.
    """
    if count == 0:
        return []
    folder = reservations_dir()
    with held(folder, Deadline.after(_LOCK_S)):
        for wish in preferred:
            if len(wish) == count and all(_is_free(folder, port) for port in wish):
                return _write(folder, lab_dir, wish)
        chosen: list[int] = []
        for port in _shuffle_ports():
            if _is_free(folder, port):
                chosen.append(port)
            if len(chosen) == count:
                return _write(folder, lab_dir, chosen)
    where = f"between {_LOWEST} and {_highest()} on 127.0.0.1"
    msg = f"there are not {count} free ports {where}; end other labs with `kastellan lab down`"
    raise Unavailable(msg)


def release(lab_dir: Path) -> None:
    """Give back every port of a lab, and of labs that are gone."""
    folder = reservations_dir()
    if not folder.exists():
        return
    with held(folder, Deadline.after(_LOCK_S)):
        for entry in folder.iterdir():
            if _holder(entry) in {None, lab_dir}:
                entry.unlink(missing_ok=True)
        if not any(folder.iterdir()):
            folder.rmdir()


def _write(folder: Path, lab_dir: Path, ports: Sequence[int]) -> list[int]:
    for port in ports:
        (folder / str(port)).write_text(str(lab_dir))
    return list(ports)


def _is_free(folder: Path, port: int) -> bool:
    if _holder(folder / str(port)) is not None:
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _holder(entry: Path) -> Path | None:
    """The lab's directory; None when it is gone, or when who reserved was ended before it was written down."""
    try:
        written = entry.read_text()
    except OSError:
        return None
    holder = Path(written)
    return holder if written and holder.exists() else None


def _highest() -> int:
    """Below the ports that outgoing connections get, so that none of those takes a broker's port."""
    try:
        low = int(_EPHEMERAL.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return _DEFAULT_HIGHEST
    return low if low > _LOWEST + 1_000 else _DEFAULT_HIGHEST


def _shuffle_ports() -> Iterator[int]:
    ports = list(range(_LOWEST, _highest()))
    random.Random(os.getpid()).shuffle(ports)  # spreads concurrent starters
    yield from ports
