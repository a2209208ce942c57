"""`kastellan demo` as it is typed: a real cluster, a real fault, the truth told first, and nothing left behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time

import pytest

from kastellan import lab as labs
from tests.e2e.conftest import BINARY, environment

pytest.importorskip("confluent_kafka")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def left_behind(pid: int) -> list[str]:
    return [each for each in labs.names() if each == f"demo-{pid}"]


@pytest.mark.parametrize("fault", ["broker_killed"])
def test_the_fault_is_told_first_and_all_is_cleaned_up(fault):
    with subprocess.Popen(
        [BINARY, "demo", "--fault", fault], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    ) as running:
        out, err = running.communicate(timeout=800)
    assert running.returncode == 0, err
    assert "is told first" in err
    called = "kastellan" if shutil.which("kastellan", path=environment()["PATH"]) else str(BINARY)
    said = err.partition("Try next:\n")[2].splitlines()
    assert sum(each.startswith(f"  {called} ") for each in said) == 4
    assert f"{called} explain brokers.fenced " in err
    assert "1 ERROR" in out
    assert "Do not" in out
    assert left_behind(running.pid) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demonstration_cleans_up(number):
    with subprocess.Popen(
        [BINARY, "demo"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    ) as running:
        until = time.monotonic() + 300
        while not left_behind(running.pid) and time.monotonic() < until and running.poll() is None:
            time.sleep(0.1)
        assert left_behind(running.pid), "the lab never began"
        os.kill(running.pid, number)
        _, err = running.communicate(timeout=300)
    assert running.returncode == 130, err
    assert "Traceback" not in err
    assert left_behind(running.pid) == []
