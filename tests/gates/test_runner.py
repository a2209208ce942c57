"""The runner tells how a test run ended."""

from __future__ import annotations

import sys

import pytest

from gates import runner


def test_an_exit_code_is_passed_on() -> None:
    assert runner.run_to_end([sys.executable, "-c", "raise SystemExit(5)"]) == 5


def test_a_run_that_a_signal_ended_is_told_and_failed(capsys: pytest.CaptureFixture[str]) -> None:
    code = runner.run_to_end([sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"])
    assert code == 1
    assert "was ended by SIGTERM" in capsys.readouterr().out
