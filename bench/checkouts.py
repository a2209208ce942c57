"""Checkouts of Kastellan, run side by side: each command is a process of its own, measured alone from start to end.

Both run on this environment's Python and packages; their own modules come from their own `src`. Compiled modules go to a
folder of the benchmark, so that a checkout is only read.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

ROOT: Final = Path(__file__).resolve().parent.parent
_PROGRAM: Final = "from kastellan.surfaces.cli.main import program; program()"


class Run(msgspec.Struct, frozen=True):
    """One process: `cpu_s` is user and system time of all its threads, `peak_mb` its largest resident set."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    code: int
    output: str


class Checkout(msgspec.Struct, frozen=True):
    """A checkout's folder, and the folder for what its commands write."""

    root: Path
    scratch: Path

    def environment(self) -> dict[str, str]:
        """The variables of its processes: its modules, compiled once, and a state of its own."""
        env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        places = {"PYTHONPYCACHEPREFIX": "compiled", "KASTELLAN_STATE": "state", "KASTELLAN_CACHE": "cache"}
        env |= {name: str(self.scratch / folder) for name, folder in places.items()}
        return env | {"PYTHONPATH": str(self.root / "src"), "KASTELLAN_CONTEXTS": str(self.scratch / "contexts.toml")}

    def run(self, *arguments: str) -> Run:
        """One command line of this checkout."""
        return time_process([sys.executable, "-c", _PROGRAM, *arguments], self.environment())

    def fill_history(self, count: int, every_s: float) -> None:
        """Make `count` kept snapshots, `every_s` seconds apart, of the only one that a `doctor` has kept here."""
        seeder = Path(__file__).with_name("seed_history.py")
        state = self.scratch / "state" / "snapshots"
        command = [sys.executable, str(seeder), str(state), str(count), str(every_s)]
        subprocess.run(command, env=self.environment(), check=True)

    def save_state(self) -> None:
        """Remember what is kept now."""
        shutil.rmtree(self.scratch / "saved", ignore_errors=True)
        shutil.copytree(self.scratch / "state", self.scratch / "saved")

    def restore_state(self) -> None:
        """Bring back what was kept: every `doctor` adds a snapshot."""
        shutil.rmtree(self.scratch / "state", ignore_errors=True)
        # Files are replaced and never changed in place, so that a second name for each will do.
        shutil.copytree(self.scratch / "saved", self.scratch / "state", copy_function=os.link)


def time_process(command: Sequence[str], env: dict[str, str]) -> Run:
    """Run a command to its end.

    The peak is that of the process itself as long as it is larger than ours: Linux counts the memory of whoever forked.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, env=env)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - begun
        process.returncode = code = os.waitstatus_to_exitcode(status)
        for file in (output, errors):
            file.seek(0)
        text = output.read().decode() + (errors.read().decode() if code else "")
    return Run(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, code, text)


@contextmanager
def open_checkout(root: Path = ROOT) -> Generator[Checkout]:
    """The checkout in a folder, with a scratch folder that goes when it is done with."""
    with tempfile.TemporaryDirectory(prefix="kastellan-bench-") as scratch:
        yield Checkout(root, Path(scratch))


@contextmanager
def find_checkout(name: str) -> Generator[Path]:
    """The folder of another checkout: a path that has `src/kastellan`, or a revision, which is checked out for the while."""
    path = Path(name)
    if (path / "src" / "kastellan").is_dir():
        yield path.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="kastellan-bench-") as folder:
        tree = Path(folder) / "tree"
        git = ["git", "-C", str(ROOT), "worktree"]
        added = subprocess.run([*git, "add", "--detach", str(tree), name], capture_output=True, text=True, check=False)
        if added.returncode:
            raise SystemExit(f"bench: --against {name}: neither a checkout nor a revision: {added.stderr.strip()[-200:]}")
        try:
            yield tree
        finally:
            subprocess.run([*git, "remove", "--force", str(tree)], capture_output=True, check=False)


def use_one_core() -> None:
    """Everything from here on takes turns on one core, the children as well.

    Two cores of a virtual machine are often the two threads of one: a fake cluster, computing at the same moment, slows
    down what is measured, the more so the more brokers answer at once, and the time is counted as ours.
    """
    if sys.platform == "linux":
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
