"""What short commands must not load: a person waits for it, and a shell waits at every press of the tab key."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.e2e.conftest import environment

HEAVY = {"asyncio", "cryptography", "httpx2", "kio", "logging", "polars", "python_socks", "ssl", "tomlkit"}
_PROGRAM = """
import json, os, sys
from kastellan.surfaces.cli.main import main
sys.stdout = open(os.devnull, "w")
try:
    main(sys.argv[1:])
except SystemExit:
    pass
sys.__stdout__.write(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def modules_of(*arguments: str, **env: str) -> set[str]:
    command = [sys.executable, "-c", _PROGRAM, *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, env=environment(**env))
    return set(json.loads(ran.stdout))


@pytest.mark.parametrize(
    ("arguments", "env"),
    [
        (("--help",), {}),
        (("doctor", "--help"), {}),
        (("--version",), {}),
        ((), {"_KASTELLAN_COMPLETE": "complete_bash", "COMP_WORDS": "kastellan doctor --only rep", "COMP_CWORD": "3"}),
    ],
)
def test_help_and_completion_load_nothing_heavy(arguments, env):
    assert modules_of(*arguments, **env) & HEAVY == set()


@pytest.mark.parametrize("arguments", [("explain",), ("explain", "replication.under_replicated"), ("explain", "isr")])
def test_explain_loads_no_tables_and_no_network(arguments):
    assert modules_of(*arguments) & (HEAVY - {"logging", "asyncio"}) == set()
