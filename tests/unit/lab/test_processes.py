"""A process is known by pid and start time: a number that was given to somebody else is never signalled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import BadInput, Unavailable
from kastellan.lab import processes
from kastellan.lab.processes import Identity

BOOT = "11111111-2222-3333-4444-555555555555"


def stat_line(pid: int, *, comm: str = "java", state: str = "S", start: int = 777, parent: int = 1, threads: int = 1) -> str:
    rest = [state, str(parent), *["0"] * 15, str(threads), "0", str(start), "0", "12", *["0"] * 20]
    return f"{pid} ({comm}) {' '.join(rest)}"


def fake_proc(tmp_path: Path, *lines: str) -> Path:
    (tmp_path / "sys/kernel/random").mkdir(parents=True)
    (tmp_path / "sys/kernel/random/boot_id").write_text(BOOT + "\n")
    for line in lines:
        entry = tmp_path / line.split(" ", 1)[0]
        entry.mkdir()
        (entry / "stat").write_text(line)
    return tmp_path


@pytest.mark.parametrize("comm", ["java", "a b", "sh) S 1 (x", "((", ") "])
def test_a_command_name_may_hold_anything(comm: str) -> None:
    seen = processes.parse_stat(stat_line(42, comm=comm, start=900, parent=7), BOOT)
    assert seen.identity == Identity(42, 900, BOOT)
    assert (seen.state, seen.parent, seen.rss_bytes) == ("S", 7, 12 * os.sysconf("SC_PAGE_SIZE"))


@pytest.mark.parametrize("text", ["", "42", "42 (java", "x (java) S 1", "42 (java) S"])
def test_a_damaged_record_is_one_sentence(text: str) -> None:
    with pytest.raises(BadInput, match="not a process record"):
        processes.parse_stat(text, BOOT)


def test_the_same_number_with_another_start_is_another_process(tmp_path: Path) -> None:
    proc = fake_proc(tmp_path, stat_line(42, start=900))
    assert processes.now(Identity(42, 900, BOOT), proc) is not None
    assert processes.now(Identity(42, 899, BOOT), proc) is None
    assert processes.now(Identity(43, 900, BOOT), proc) is None


def test_the_same_number_and_start_of_another_boot_is_another_process(tmp_path: Path) -> None:
    proc = fake_proc(tmp_path, stat_line(42, start=900))
    assert processes.now(Identity(42, 900, "another boot"), proc) is None


def test_a_zombie_is_gone(tmp_path: Path) -> None:
    proc = fake_proc(tmp_path, stat_line(42, state="Z"))
    assert processes.look(42, proc) is None


def test_one_whose_other_threads_still_end_is_not_gone(tmp_path: Path) -> None:
    proc = fake_proc(tmp_path, stat_line(42, state="Z", threads=2))
    assert processes.look(42, proc) is not None


def test_without_proc_one_sentence_says_so(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="/proc"):
        processes.boot_id(tmp_path)


@pytest.fixture
def sleeper():
    with subprocess.Popen(["sleep", "60"]) as running:
        yield running
        running.kill()


def test_a_reused_number_is_not_signalled(sleeper: subprocess.Popen[bytes]) -> None:
    seen = processes.look(sleeper.pid)
    assert seen is not None
    stranger = msgspec.structs.replace(seen.identity, start_ticks=seen.identity.start_ticks - 1)
    assert processes.send(stranger, signal.SIGKILL) is False
    assert processes.kill_all([stranger], Deadline.after(0)) == []
    assert sleeper.poll() is None


def test_the_right_process_is_signalled_and_reaped(sleeper: subprocess.Popen[bytes]) -> None:
    seen = processes.look(sleeper.pid)
    assert seen is not None
    assert processes.send(seen.identity, signal.SIGKILL) is True
    assert processes.wait_gone([seen.identity], Deadline.after(10)) == []
    assert processes.send(seen.identity, signal.SIGKILL) is False


def spawn(tmp_path: Path, *command: str) -> Identity:
    lock = os.open(tmp_path, os.O_RDONLY)
    try:
        processes.spawn(
            command,
            record=tmp_path / "process",
            lock=lock,
            lab_dir=tmp_path,
            cwd=tmp_path,
            output=tmp_path / "out",
            env=os.environ,
        )
    finally:
        os.close(lock)
    return processes.wait_recorded(tmp_path / "process", Deadline.after(30))


def test_a_started_process_is_on_record_and_carries_the_mark(tmp_path: Path) -> None:
    identity = spawn(tmp_path, "sleep", "60")
    try:
        assert processes.now(identity) is not None
        assert os.getsid(identity.pid) == identity.pid != os.getsid(0)
        assert identity in set(processes.find_marked(tmp_path))
        assert identity not in set(processes.find_marked(tmp_path / "another"))
    finally:
        assert processes.kill_all([identity], Deadline.after(10)) == []
    assert list(processes.find_marked(tmp_path)) == []


def test_one_that_is_just_becoming_another_program_is_found_by_its_mark(tmp_path: Path) -> None:
    # It runs itself anew all the time, so that it is often met without an environment.
    identity = spawn(tmp_path, "sh", "-c", 'exec sh -c "$0" "$0"', 'exec sh -c "$0" "$0"')
    environ = Path("/proc", str(identity.pid), "environ")
    try:
        deadline = Deadline.after(30)
        while environ.read_bytes():
            assert not deadline.passed, "it was never met between two programs"
        assert all(identity in set(processes.find_marked(tmp_path)) for _ in range(50))
    finally:
        assert processes.kill_all([identity], Deadline.after(10)) == []


def test_those_without_any_environment_neither_carry_a_mark_nor_hide_one(tmp_path: Path) -> None:
    bare = [subprocess.Popen(["sleep", "60"], env={}) for _ in range(3)]
    identity = spawn(tmp_path, "sleep", "60")
    try:
        assert set(processes.find_marked(tmp_path)) == {identity}
    finally:
        for each in bare:
            each.kill()
            each.wait()
        assert processes.kill_all([identity], Deadline.after(10)) == []


FIRST_THREAD_ENDS = """
import ctypes, threading, time
threading.Thread(target=time.sleep, args=(60,)).start()
ctypes.CDLL(None).pthread_exit(None)
"""


def test_a_child_is_waited_for_until_its_last_thread_ended_and_then_reaped(tmp_path: Path) -> None:
    identity = spawn(tmp_path, sys.executable, "-c", FIRST_THREAD_ENDS)
    patience = Deadline.after(30)
    while (seen := processes.now(identity)) is not None and seen.state != "Z" and not patience.passed:
        time.sleep(0.01)
    assert seen is not None, "its other thread runs"
    assert seen.state == "Z"
    assert processes.wait_gone([identity], Deadline.after(0)) == [identity]
    assert processes.kill_all([identity], Deadline.after(30)) == []
    with pytest.raises(ChildProcessError):
        os.waitpid(identity.pid, os.WNOHANG)


def test_no_program_has_to_be_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing here"))
    identity = spawn(tmp_path, "/bin/sleep", "60")
    assert processes.now(identity) is not None
    assert processes.kill_all([identity], Deadline.after(10)) == []


def test_a_record_that_is_being_written_is_not_there_yet(tmp_path: Path) -> None:
    (tmp_path / "process").touch()
    assert processes.read_record(tmp_path / "process") is None


def test_a_frozen_process_dies_too(tmp_path: Path) -> None:
    identity = spawn(tmp_path, "sleep", "60")
    processes.send(identity, signal.SIGSTOP)
    assert processes.kill_all([identity], Deadline.after(10)) == []


def test_a_damaged_record_file_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "process").write_text("garbage")
    with pytest.raises(BadInput, match=str(tmp_path / "process")):
        processes.read_record(tmp_path / "process")
    assert processes.read_record(tmp_path / "none") is None
