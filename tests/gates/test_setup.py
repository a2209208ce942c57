"""Set-up decides from what it finds; the network part is proven by the fresh clone that CI makes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gates import runner, setup


@pytest.fixture
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, path in {"VENV": tmp_path, "STAMP": tmp_path / "stamp", "UNFINISHED": tmp_path / "unfinished"}.items():
        monkeypatch.setattr(setup, name, path)
    monkeypatch.setattr(setup, "has_java", lambda: True)
    monkeypatch.setattr(setup.shutil, "which", lambda name: f"/usr/bin/{name}")
    return tmp_path


def test_a_machine_with_java_and_maven_installs_neither(clean: Path) -> None:
    assert set(setup.wanted_locks("run", {})) == {"run.txt", "project"}


def test_a_machine_without_java_and_maven_gets_both(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "has_java", lambda: False)
    monkeypatch.setattr(setup.shutil, "which", lambda _name: None)
    assert set(setup.wanted_locks("dev", {})) == {"dev.txt", "java.txt", "resolver.txt", "project"}


def test_what_was_installed_once_stays(clean: Path) -> None:
    assert set(setup.wanted_locks("run", {"dev.txt": "x", "java.txt": "y"})) == {"dev.txt", "java.txt", "project"}


def test_a_comment_in_a_lock_installs_nothing_again(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text("# one\nanyio==4.0.0 \\\n    --hash=sha256:00\n    # via other\n")
    before = setup.digest(lock)
    lock.write_text("# two\nanyio==4.0.0 \\\n    --hash=sha256:00\n")
    assert setup.digest(lock) == before
    lock.write_text("anyio==4.0.1 \\\n    --hash=sha256:01\n")
    assert setup.digest(lock) != before


def test_a_set_up_that_was_cut_off_counts_as_none(clean: Path) -> None:
    setup.STAMP.write_text(json.dumps({"dev.txt": "x"}))
    assert setup.read_installed() == {"dev.txt": "x"}
    setup.UNFINISHED.touch()
    assert setup.read_installed() == {}
    setup.UNFINISHED.unlink()
    setup.STAMP.write_text('{"dev.txt": ')
    assert setup.read_installed() == {}


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A source tree that the environment of these tests compiles, on a machine that forbids Python to write."""
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "module.py").write_text("VALUE = 1\n")
    monkeypatch.setattr(setup, "SOURCE", folder)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    return folder


def _value(folder: Path) -> str:
    code = "import module; print(module.VALUE)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder)
    return done.stdout.strip()


def test_set_up_compiles_where_python_may_not_write(source: Path) -> None:
    setup.compile_modules()
    compiled = list(source.rglob("*.pyc"))
    assert [each.name for each in compiled] == [f"module.{sys.implementation.cache_tag}.pyc"]
    # Python reads the compiled file: without it, it would write none here.
    again = subprocess.run([sys.executable, "-v", "-c", "import module"], capture_output=True, text=True, check=True, cwd=source)
    assert f"matches {source / 'module.py'}" in again.stderr


def test_a_changed_source_is_never_run_from_its_old_compiled_file(source: Path) -> None:
    setup.compile_modules()
    (source / "module.py").write_text("VALUE = 22\n")
    assert _value(source) == "22"
    setup.compile_modules()
    assert _value(source) == "22"


def test_a_module_that_cannot_be_compiled_is_said_and_stops_nothing(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (source / "broken.py").write_text("def (\n")
    setup.compile_modules()
    assert "commands start slower" in capsys.readouterr().err


def test_pip_options_prefer_a_variable_to_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = "global.cert='/a.pem'\nglobal.index-url='https://one.example/simple'\n:env:.index-url='https://two.example/simple'\n"
    monkeypatch.setattr(setup, "runs", lambda _command: subprocess.CompletedProcess([], 0, listed, ""))
    assert setup.pip_options() == {"cert": "/a.pem", "index-url": "https://two.example/simple"}
    monkeypatch.setattr(setup.os, "environ", {"UV_DEFAULT_INDEX": "https://mine.example/simple"})
    env = setup.uv_env()
    assert (env["UV_DEFAULT_INDEX"], env["SSL_CERT_FILE"]) == ("https://mine.example/simple", "/a.pem")


def test_no_python_that_is_new_enough_gives_one_sentence(tmp_path: Path) -> None:
    for name in ("python3", "python3.11", "python3.12", "python3.13", "python3.14", "python"):
        stub = tmp_path / name
        stub.write_text("#!/bin/sh\nexit 1\n")
        stub.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", str(setup.ROOT / "gates" / "python"), "-c", "pass"],
        env={"PATH": f"{tmp_path}{os.pathsep}/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "No Python 3.11 or newer was found" in done.stderr


def test_a_verb_that_is_none_is_refused() -> None:
    with pytest.raises(SystemExit, match="say run, dev or lock"):
        setup.main(["all"])
    assert runner.main(["nonsense"]) == 2


def test_a_failed_gate_shows_its_words_and_the_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    bad = runner.Gate("bad", (sys.executable, "-c", "print('why'); raise SystemExit(3)"), "mend it")
    good = runner.Gate("good", (sys.executable, "-c", "pass"), "nothing")
    assert not runner.run_all([bad, good])
    said = capsys.readouterr().out
    assert "FAIL bad" in said
    assert "    why\n    -> mend it" in said
    assert "ok   good" in said
    assert "1 of 2 gates passed" in said


def test_a_long_failure_is_cut_to_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    runner.show(runner.Gate("long", ("tool", "--all"), "mend it"), "\n".join(str(number) for number in range(1000)))
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "    ... 920 lines more; all of it: tool --all"
    assert said[-2:] == ["    999", "    -> mend it"]


def test_every_layer_has_its_folder_name_and_quick_layers_come_first() -> None:
    assert runner.LAYERS[: len(runner.QUICK_LAYERS)] == runner.QUICK_LAYERS
