"""One writer at a time in a directory, between processes, without a lock file that would be left behind.

The lock is a `flock` on the directory itself: it ends with its holder, however that ends. A child that was
given the descriptor keeps the lock, which is how a process that is being started holds it until it is on record.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import Unavailable

_POLL_S = 0.05


@contextmanager
def held(directory: Path, deadline: Deadline) -> Generator[int]:
    """Hold the lock of a directory, which is made when it is not there; yields its descriptor.

    Raises `Unavailable` when another process holds it until the deadline.
    """
    descriptor = _acquire(directory, deadline)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _acquire(directory: Path, deadline: Deadline) -> int:
    while True:
        try:
            directory.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            continue
        except FileExistsError:
            # It was there and is gone: mkdir looks twice, and its holder may remove it in between.
            if directory.exists() and not directory.is_dir():
                raise
            continue
        try:
            _wait(descriptor, directory, deadline)
        except BaseException:
            os.close(descriptor)
            raise
        if _is_still(descriptor, directory):
            return descriptor
        os.close(descriptor)


def _wait(descriptor: int, directory: Path, deadline: Deadline) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if deadline.passed:
                msg = f"another kastellan process is working in {directory}; wait for it to end and run again"
                raise Unavailable(msg) from None
            time.sleep(min(_POLL_S, deadline.remaining_s()))
        else:
            return


def _is_still(descriptor: int, directory: Path) -> bool:
    """False when the directory was removed, and perhaps made anew, while we waited for it."""
    try:
        now = directory.stat()
    except FileNotFoundError:
        return False
    ours = os.fstat(descriptor)
    return (ours.st_dev, ours.st_ino) == (now.st_dev, now.st_ino)
