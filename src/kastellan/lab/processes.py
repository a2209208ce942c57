"""Processes known by pid **and** start time, so that a number that was given to somebody else is never signalled.

A process that is started here puts itself on record before it becomes the program: between `fork` and the record
there is no instant at which its parent's death would leave an unknown process behind.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import BadInput, Unavailable

PROC = Path("/proc")
MARK = "KASTELLAN_LAB_DIR"
"""Environment variable of every process of a lab; its value is the lab's directory."""

_POLL_S = 0.02
_EXEC_S = 1.0
"""How long to look for the mark of what shows no environment: it may have been started with none, and stay so."""
_NOT_INHERITED = frozenset({"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH", MARK})
"""What would change a node behind the lab's back."""
_STATE_FIELD, _PARENT_FIELD, _THREADS_FIELD, _START_FIELD, _RSS_FIELD = 0, 1, 17, 19, 21
DEAD = frozenset("ZXx")
"""States of a process whose first thread has ended. Until its other threads have, it holds its files, ports and locks."""

_RECORD_ITSELF = (
    'read -r stat < "/proc/$$/stat" && read -r boot < /proc/sys/kernel/random/boot_id '
    '&& printf "%s\\n%s\\n" "$stat" "$boot" > "$1" && cd "$2" && shift 2 && exec "$@" </dev/null'
)
"""Run by `/bin/sh` with the record, the working directory and the command. Standard input holds the lab's lock.

Only words of the shell itself, so that no program has to be on PATH; the record is written by one call, so that it is
there as a whole or still empty.
"""


class Identity(msgspec.Struct, frozen=True):
    """Which process: `start_ticks` are clock ticks since boot, `boot_id` says which boot."""

    pid: int
    start_ticks: int
    boot_id: str


class ProcessStatus(msgspec.Struct, frozen=True):
    """What /proc says of a process now; `state` is its letter (R, S, T, Z and so on)."""

    identity: Identity
    state: str
    parent: int
    threads: int
    rss_bytes: int

    @property
    def is_gone(self) -> bool:
        """Whether every thread has ended, so that nothing but its entry in the process table is left."""
        return self.state in DEAD and self.threads <= 1


def parse_stat(text: str, boot_id: str) -> ProcessStatus:
    """Read one line of /proc/PID/stat; the command's name may hold any character, so fields count from its last ')'."""
    try:
        pid = int(text[: text.index(" ")])
        fields = text[text.rindex(")") + 1 :].split()
        identity = Identity(pid, int(fields[_START_FIELD]), boot_id)
        rss = int(fields[_RSS_FIELD]) * os.sysconf("SC_PAGE_SIZE")
        return ProcessStatus(identity, fields[_STATE_FIELD], int(fields[_PARENT_FIELD]), int(fields[_THREADS_FIELD]), rss)
    except (ValueError, IndexError):
        msg = f"not a process record: {text[:80]!r}"
        raise BadInput(msg) from None


def look(pid: int, proc: Path = PROC) -> ProcessStatus | None:
    """The process that has this number now, or None when it is gone; a child of this process that is gone is reaped.

    A process that dies is returned until the last of its threads has ended: only then can it be reaped. A JVM has dozens,
    and its first one ends before the others.
    """
    try:
        status = parse_stat((proc / str(pid) / "stat").read_text(errors="replace"), boot_id(proc))
    except (FileNotFoundError, ProcessLookupError):
        return None
    if not status.is_gone:
        return status
    if status.parent == os.getpid() and proc == PROC:
        _reap(pid)
    return None


def boot_id(proc: Path = PROC) -> str:
    """The identity of this boot. Raises `Unavailable` where there is no /proc, because the lab needs it."""
    try:
        return (proc / "sys/kernel/random/boot_id").read_text().strip()
    except FileNotFoundError:
        msg = "the lab needs Linux's /proc, which is not there; run it on Linux or in a Linux virtual machine"
        raise Unavailable(msg) from None


def me() -> Identity:
    """The identity of this process."""
    status = look(os.getpid())
    if status is None:  # pragma: no cover - a running process is in /proc
        msg = "this process is not in /proc; mount it"
        raise Unavailable(msg)
    return status.identity


def now(identity: Identity, proc: Path = PROC) -> ProcessStatus | None:
    """The process with exactly this identity, or None when it is gone or its number belongs to another one."""
    status = look(identity.pid, proc)
    return status if status is not None and status.identity == identity else None


def read_record(path: Path) -> Identity | None:
    """The identity that a started process wrote; None before it has. Raises `BadInput` when it is damaged."""
    try:
        text = path.read_text(errors="replace")
    except FileNotFoundError:
        return None
    if not text:
        return None
    stat, _, boot = text.strip().rpartition("\n")
    try:
        return parse_stat(stat, boot.strip()).identity
    except BadInput:
        msg = f"the process record {path} is damaged; `kastellan lab down` finds the process by its mark and cleans up"
        raise BadInput(msg) from None


def send(identity: Identity, number: signal.Signals, proc: Path = PROC) -> bool:
    """Signal exactly this process; False when it is gone. A pid descriptor pins it between the look and the signal."""
    try:
        pinned = os.pidfd_open(identity.pid)
    except ProcessLookupError:
        return False
    try:
        if now(identity, proc) is None:
            return False
        signal.pidfd_send_signal(pinned, number)
    except ProcessLookupError:
        return False
    finally:
        os.close(pinned)
    return True


def wait_gone(identities: Sequence[Identity], deadline: Deadline) -> list[Identity]:
    """Wait until all are gone; returns those that are still there at the deadline."""
    while left := [identity for identity in identities if now(identity) is not None]:
        if deadline.passed:
            return left
        time.sleep(_POLL_S)
    return []


def kill_all(identities: Sequence[Identity], deadline: Deadline) -> list[Identity]:
    """SIGKILL each (a frozen one dies too) and wait; returns those that would not go."""
    for identity in identities:
        send(identity, signal.SIGKILL)
    return wait_gone(identities, deadline)


def find_marked(directory: Path) -> Iterator[Identity]:
    """Processes that carry the mark of this lab directory in their environment: the net below damaged records."""
    wanted, patience = f"{MARK}={directory}".encode(), Deadline.after(_EXEC_S)
    entries = [entry for entry in PROC.iterdir() if entry.name.isdigit()]
    while entries:
        bare: list[Path] = []
        for entry in entries:
            environment = _environment(entry)
            if environment == b"":
                bare.append(entry)
            elif environment and wanted in environment.split(b"\0") and (status := look(int(entry.name))) is not None:
                yield status.identity
        if patience.passed:
            return
        entries = bare
        time.sleep(_POLL_S / 10)


def _environment(entry: Path) -> bytes | None:
    """What a process was started with; None for one that is gone, another user's or of the kernel.

    It is empty for one that was started with nothing, and, for a moment, for one that becomes another program (`execve`).
    """
    try:
        environment = (entry / "environ").read_bytes()
        (entry / "exe").readlink()  # what is dead or of the kernel runs no program
    except OSError:
        return None
    return environment


def spawn(
    command: Sequence[str], *, record: Path, lock: int, lab_dir: Path, cwd: Path, output: Path, env: Mapping[str, str]
) -> None:
    """Start a detached process that writes its own identity to `record` before it becomes `command`.

    It is in a session of its own, so the terminal's Ctrl-C and the end of this process do not reach it; it holds
    `lock` (the descriptor of the lab's lock) until it is on record. Returns without waiting for the record.
    """
    record.parent.mkdir(parents=True, exist_ok=True)
    output.parent.mkdir(parents=True, exist_ok=True)
    clean = {key: value for key, value in env.items() if key not in _NOT_INHERITED}
    os.posix_spawn(
        "/bin/sh",
        ["sh", "-c", _RECORD_ITSELF, "kastellan-lab", str(record), str(cwd), *command],
        {**clean, MARK: str(lab_dir)},
        file_actions=[
            (os.POSIX_SPAWN_DUP2, lock, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(output), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
        setsigmask=[],
        setsigdef=[signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE],
    )


def wait_recorded(record: Path, deadline: Deadline) -> Identity:
    """The identity of a process that `spawn` started, once it is on record (a few milliseconds)."""
    while (identity := read_record(record)) is None:
        if deadline.passed:
            msg = f"a process was started and did not write {record} in time; the machine is overloaded or the disk is full"
            raise Unavailable(msg)
        time.sleep(_POLL_S / 4)
    return identity


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return
