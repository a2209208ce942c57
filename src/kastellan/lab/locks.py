"""One writer at a time in a directory, between processes, without a lock file that would be left behind.

The lock is a `flock` on the directory itself: it ends with its holder, however that ends. A child that was
given the descriptor keeps the lock, which is how a process that is being started holds it until it is on record.

A signal whose handler raises can cut a holder short where no `finally` sees it: a moment after the lock was granted,
or before the way out has begun. The exception then keeps the lock alive while its own process cleans up and waits for
it. Therefore a thread remembers what it holds and gives up such a leftover when it comes for the same directory again.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import Unavailable

_POLL_S = 0.05


class _Grip:
    """An open directory, which is locked or is about to be; letting go twice closes nothing else."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        status = os.fstat(descriptor)
        self.directory = (status.st_dev, status.st_ino)

    def let_go(self) -> None:
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


class _Ours(threading.local):
    """What this thread holds, by directory."""

    def __init__(self) -> None:
        self.grips: dict[tuple[int, int], _Grip] = {}


_ours = _Ours()


@contextmanager
def held(directory: Path, deadline: Deadline) -> Generator[int]:
    """Hold the lock of a directory, which is made when it is not there; yields its descriptor.

    A thread must not ask for a directory that it holds: the first hold would be taken for a leftover.
    Raises `Unavailable` when another process or thread holds it until the deadline.
    """
    grip = _acquire(directory, deadline)
    try:
        yield grip.descriptor
    finally:
        _let_go(grip)


def _acquire(directory: Path, deadline: Deadline) -> _Grip:
    while True:
        try:
            directory.mkdir(parents=True, exist_ok=True)
            grip = _Grip(os.open(directory, os.O_RDONLY | os.O_DIRECTORY))
        except FileNotFoundError:
            continue
        except FileExistsError:
            # It was there and is gone: mkdir looks twice, and its holder may remove it in between.
            if directory.exists() and not directory.is_dir():
                raise
            continue
        if leftover := _ours.grips.get(grip.directory):
            leftover.let_go()
        _ours.grips[grip.directory] = grip  # before it is locked, so that no lock is ever unknown
        try:
            _wait(grip.descriptor, directory, deadline)
        except BaseException:
            _let_go(grip)
            raise
        if _is_still(grip, directory):
            return grip
        _let_go(grip)


def _let_go(grip: _Grip) -> None:
    grip.let_go()
    if _ours.grips.get(grip.directory) is grip:
        del _ours.grips[grip.directory]


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


def _is_still(grip: _Grip, directory: Path) -> bool:
    """False when the directory was removed, and perhaps made anew, while we waited for it."""
    try:
        now = directory.stat()
    except FileNotFoundError:
        return False
    return grip.directory == (now.st_dev, now.st_ino)
