"""The CI script runs `make test`, repeats its totals at the end, and fails when it fails."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("status", "line"), [(0, "3 passed in 0.10s"), (2, "1 failed, 2 passed in 0.10s")])
def test_the_status_and_the_totals_come_through(tmp_path: Path, status: int, line: str) -> None:
    make = tmp_path / "make"
    make.write_text(f'#!/bin/sh\n[ "$*" = test ] || exit 9\necho "===== {line} ====="\nexit {status}\n')
    make.chmod(0o755)
    env = os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["bash", str(ROOT / ".ci" / "run")], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert done.stdout.splitlines()[-1].split() == ["totals:", *line.split()]
