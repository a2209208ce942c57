"""The step lists of CONTRIBUTING: a check, a command and a lab fault are one file below `src/`, and nothing lists them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ADDED = {
    "checks/families/replication/under_replicated.py": (
        "checks/families/replication/example_check.py",
        "under_replicated",
        "example_check",
    ),
    "surfaces/cli/commands/schema.py": (
        "surfaces/cli/commands/example_command.py",
        "kastellan schema",
        "kastellan example-command",
    ),
    "lab/faults/broker_killed.py": ("lab/faults/example_fault.py", 'id="broker_killed"', 'id="example_fault"'),
}
"""The file whose shape a new one has: the new file, and the name in it that becomes another."""
LISTED = """
import kastellan, typer.main
from kastellan.checks.catalogue import all_checks, check_ids
from kastellan.lab import injection
from kastellan.surfaces.cli.main import build
print(kastellan.__path__[0])
print("replication.example_check" in all_checks() and "replication.example_check" in check_ids())
print("example-command" in typer.main.get_command(build()).commands)
print("example_fault" in injection.catalogue())
"""


def test_one_file_adds_a_check_a_command_and_a_fault(tmp_path: Path) -> None:
    house = tmp_path / "kastellan"
    shutil.copytree(ROOT / "src" / "kastellan", house, ignore=shutil.ignore_patterns("__pycache__"))
    for shape, (new, old_name, new_name) in ADDED.items():
        text = (house / shape).read_text()
        assert old_name in text
        (house / new).write_text(text.replace(old_name, new_name))
    ran = subprocess.run(
        [sys.executable, "-c", LISTED],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )
    assert ran.stdout.splitlines() == [str(house), "True", "True", "True"], ran.stderr


def test_the_step_lists_name_the_folders_of_the_new_files() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    for folder in (
        "checks/families/FAMILY",
        "surfaces/cli/commands",
        "lab/faults",
        "model/tables",
        "sources/kafka/collectors",
        "views",
    ):
        assert f"`src/kastellan/{folder}/NAME.py`" in text
