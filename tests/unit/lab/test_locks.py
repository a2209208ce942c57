"""One writer at a time, also when the directory is removed meanwhile, and as long as a child holds on."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

import pytest

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import Unavailable
from kastellan.lab.locks import held


def test_a_second_one_waits_and_is_refused_in_time(tmp_path: Path) -> None:
    first = held(tmp_path / "x", Deadline.after(5))
    second = held(tmp_path / "x", Deadline.after(0.1))
    with first, pytest.raises(Unavailable, match="another kastellan process"), second:
        pass
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
