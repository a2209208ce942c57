"""What cannot be done with a lab is one sentence, and what is damaged says how to clean it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from kastellan.kernel.errors import BadInput
from kastellan.surfaces.cli.commands.lab import app


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KASTELLAN_STATE", str(tmp_path / "state"))
    return tmp_path / "state/labs"


def run(*words: str) -> Result:
    return CliRunner().invoke(app, words)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("up", "--name", "../x"), "--name '../x' is not a lab name"),
        (("up", "--brokers", "99"), "--brokers 99 is out of range; choose 1 to 9"),
        (("up", "--controllers", "many"), "--controllers 'many' is neither"),
        (("status", "--name", "nobody"), "there is no lab nobody; start it with"),
        (("logs", "--name", "nobody"), "there is no lab nobody; start it with"),
        (("load", "--name", "nobody"), "lab nobody does not exist; start it with"),
        (("fault", "broker_killed", "--name", "nobody"), "lab nobody does not exist; start it with"),
    ],
)
def test_what_cannot_be_is_one_sentence(home: Path, words: tuple[str, ...], sentence: str) -> None:
    problem = run(*words).exception
    assert isinstance(problem, BadInput)
    assert sentence in problem.message
    assert "\n" not in problem.message
    assert not home.exists()


def test_no_lab_is_no_error(home: Path) -> None:
    assert "start one with `kastellan lab up`" in run("status").output
    done = run("down")
    assert (done.exit_code, done.output) == (0, "there is no lab lab; nothing to do\n")
    listed = run("fault", "--list")
    assert listed.exit_code == 0
    assert "broker_frozen" in listed.output


def test_garbage_in_the_record_is_one_sentence_and_down_cleans(home: Path) -> None:
    (home / "lab").mkdir(parents=True)
    (home / "lab/lab.json").write_text("{ garbage")
    for words in (("logs",), ("load",), ("fault", "broker_killed")):
        problem = run(*words).exception
        assert isinstance(problem, BadInput)
        assert "lab.json is damaged" in problem.message
        assert "\n" not in problem.message
    assert "lab.json is damaged" in run("status").output
    assert run("down").exit_code == 0
    assert not home.parent.exists()
