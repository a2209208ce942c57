"""The real binary, run as users run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kastellan.model.codec import dump
from kastellan.model.snapshot import Snapshot
from kastellan.model.tables.log_dirs import LogDirs
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.replicas import Replicas
from kastellan.testing.snapshots import AT_MS, GIB, edit, failed_answer, healthy

BINARY = Path(sys.executable).with_name("kastellan")


class Ran(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


def environment(**more: str) -> dict[str, str]:
    """A clean environment: no width, no colour setting, no cluster."""
    left_out = {"COLUMNS", "NO_COLOR", "KASTELLAN_BOOTSTRAP_SERVER", "KASTELLAN_COMMAND_CONFIG", "KASTELLAN_CONTEXT"}
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return {**kept, "TERM": "xterm-256color", "KASTELLAN_CONTEXTS": "/no/such/contexts.toml", **more}


def run(*arguments: str | Path, timeout_s: float = 120, **env: str) -> Ran:
    """Run the binary with arguments."""
    done = subprocess.run(
        [BINARY, *map(str, arguments)], capture_output=True, text=True, timeout=timeout_s, env=environment(**env), check=False
    )
    return Ran(done.returncode, done.stdout, done.stderr)


@cache
def described(schema: str) -> dict[str, Any]:
    """The schema of this name as the binary prints it; asked for once, it is the same for all."""
    return json.loads(run("schema", schema).out)


@pytest.fixture(scope="session")
def kastellan():
    """Runs the binary with arguments; gives code, stdout and stderr."""
    return run


def hurt(at_ms: int = AT_MS) -> Snapshot:
    """An offline partition, and an answer that did not come."""
    snapshot = edit(healthy(at_ms=at_ms), Partitions, {"topic": "orders", "partition": 1}, leader=-1)
    snapshot = edit(snapshot, Replicas, {"topic": "orders", "partition": 1}, in_sync=False, offline=True)
    return failed_answer(snapshot)[0]


@pytest.fixture(scope="session")
def bundles(tmp_path_factory) -> dict[str, Path]:
    """Saved snapshots: healthy, hurt (seen twice), once (seen once), fuller (60 % of a disk)."""
    folder = tmp_path_factory.mktemp("bundles")
    made = {
        "healthy": healthy().after(healthy(at_ms=AT_MS - 2000)),
        "hurt": hurt().after(hurt(AT_MS - 2000)),
        "once": hurt(),
        "fuller": edit(healthy(), LogDirs, {"broker": 1}, usable_bytes=40 * GIB),
    }
    for name, snapshot in made.items():
        (folder / f"{name}.snapshot").write_bytes(dump(snapshot))
    return {name: folder / f"{name}.snapshot" for name in made}
