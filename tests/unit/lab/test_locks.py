"""One writer at a time, also when the directory is removed meanwhile, and as long as a child holds on."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType

import pytest

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import Unavailable
from kastellan.lab.locks import held


def test_a_second_one_waits_and_is_refused_in_time(tmp_path: Path) -> None:
    def second() -> None:
        with pytest.raises(Unavailable, match="another kastellan process"), held(tmp_path / "x", Deadline.after(0.1)):
            pass

    with held(tmp_path / "x", Deadline.after(5)), ThreadPoolExecutor() as others:
        others.submit(second).result(20)
    with held(tmp_path / "x", Deadline.after(5)):
        pass


def test_who_waited_for_a_directory_that_was_removed_gets_a_new_one(tmp_path: Path) -> None:
    got = threading.Event()

    def second() -> None:
        with held(tmp_path / "x", Deadline.after(20)):
            assert (tmp_path / "x").is_dir()
            got.set()

    with held(tmp_path / "x", Deadline.after(5)):
        waiting = threading.Thread(target=second)
        waiting.start()
        (tmp_path / "x").rmdir()
    waiting.join(20)
    assert got.is_set()


def test_a_directory_that_goes_while_it_is_looked_at_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[Path] = []
    mkdir = Path.mkdir

    def gone_between(self: Path, **options: bool) -> None:
        tries.append(self)
        if len(tries) == 1:
            raise FileExistsError(17, "File exists", str(self))
        mkdir(self, **options)

    monkeypatch.setattr(Path, "mkdir", gone_between)
    with held(tmp_path / "x", Deadline.after(5)):
        assert (tmp_path / "x").is_dir()
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"), held(tmp_path / "file", Deadline.after(5)):
        pass


def test_a_child_that_was_given_the_lock_keeps_it(tmp_path: Path) -> None:
    with held(tmp_path / "x", Deadline.after(5)) as lock:
        child = subprocess.Popen(["sleep", "60"], stdin=lock)
    try:
        with pytest.raises(Unavailable), held(tmp_path / "x", Deadline.after(0.1)):
            pass
    finally:
        child.kill()
        child.wait()
    with held(tmp_path / "x", Deadline.after(5)) as lock:
        assert os.fstat(lock).st_ino == (tmp_path / "x").stat().st_ino


class _Interruption(KeyboardInterrupt):
    """As a signal's handler raises it."""


def _interrupt_after(events: int) -> None:
    """Raise once, after so many of the events at which the interpreter looks for signals."""
    left = events

    def look(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal left
        if event == "c_call":  # a call into C is not broken off before it is made
            return
        if left == 0:
            sys.setprofile(None)
            raise _Interruption
        left -= 1

    sys.setprofile(look)


def test_a_holder_that_a_signal_cuts_short_anywhere_does_not_shut_out_its_own_cleaning_up(tmp_path: Path) -> None:
    place = tmp_path / "x"
    events = 0
    while True:
        try:
            _interrupt_after(events)
            with held(place, Deadline.after(5)):
                pass
            sys.setprofile(None)
        except _Interruption:
            # Inside the handler, where the exception holds on to every frame it came through.
            with held(place, Deadline.after(0)):
                pass
            assert _elsewhere_free(place), events
            events += 1
        else:
            break
    assert events > 20


def _elsewhere_free(place: Path) -> bool:
    """Whether another process could have the lock now: a `flock` is shut out by every other opening of the directory."""
    descriptor = os.open(place, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
