"""Two ways to bring exact Maven artefacts into a directory: Maven itself, and a resolver that is a Python package.

Both are told every artefact with its version and follow no dependency, so that nothing is mediated and the result
can only be the lock's set. Repository addresses are the tools' own: users' mirrors and settings keep working.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from kastellan.kernel.errors import Unavailable
from kastellan.lab.tools import provide

Coordinate = tuple[str, str, str, str]
"""Group, artifact, version, classifier (empty for the main jar)."""

_FETCH_S = 600.0
_PACKAGE = "jgo>=3.2,<4"
_RESOLVE = """
import json, pathlib, shutil, sys
from concurrent.futures import ThreadPoolExecutor
from jgo.maven import MavenContext
out = pathlib.Path(sys.argv[1])
context = MavenContext(repo_cache=pathlib.Path(sys.argv[2]), local_repos=[], timeout=60)
def fetch(coordinate):
    group, artifact, version, classifier = coordinate
    for last in (False, False, True):
        found = context.project(group, artifact).at_version(version).artifact(classifier=classifier)
        try:
            path = found.resolve()
            break
        except Exception:
            if found.cached_path:
                found.cached_path.unlink(missing_ok=True)
            if last:
                raise
    tail = "-" + classifier if classifier else ""
    shutil.move(path, out / f"{artifact}-{version}{tail}.jar")
with ThreadPoolExecutor(8) as pool:
    list(pool.map(fetch, json.load(sys.stdin)))
"""


def find_maven() -> Path | None:
    """The `mvn` on PATH, when there is one."""
    program = shutil.which("mvn")
    return Path(program) if program else None


def fetch_by_maven(wanted: Sequence[Coordinate], scratch: Path) -> Path:
    """Fetch by `mvn`; returns the directory of jars below `scratch`. Raises `Unavailable` with Maven's own error."""
    maven = find_maven()
    if maven is None:
        msg = "mvn is not on PATH"
        raise Unavailable(msg)
    out = scratch / "jars"
    pom = scratch / "pom.xml"
    pom.write_text(pom_of(wanted))
    _run(
        [str(maven), "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={out}"],
        scratch, "", os.environ,
    )  # fmt: skip
    return out


def pom_of(wanted: Sequence[Coordinate]) -> str:
    """A project that depends on each artefact and on nothing that those depend on."""
    entries: list[str] = []
    for group, artifact, version, classifier in wanted:
        tail = f"<classifier>{escape(classifier)}</classifier>" if classifier else ""
        entries.append(
            f"<dependency><groupId>{escape(group)}</groupId><artifactId>{escape(artifact)}</artifactId>"
            f"<version>{escape(version)}</version>{tail}"
            "<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions></dependency>"
        )
    return (
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        "<groupId>kastellan</groupId><artifactId>lab</artifactId><version>1</version><packaging>pom</packaging>\n"
        "<dependencies>\n" + "\n".join(entries) + "\n</dependencies></project>\n"
    )


def fetch_by_resolver(wanted: Sequence[Coordinate], scratch: Path) -> Path:
    """Fetch by the Python resolver, in a process of its own; returns the directory of jars below `scratch`.

    Raises `MissingTool` when it cannot be installed, `Unavailable` when an artefact could not be had.
    """
    where = provide("jgo", _PACKAGE, "resolver")
    out = scratch / "jars"
    out.mkdir()
    environment = dict(os.environ) if where is None else {**os.environ, "PYTHONPATH": str(where)}
    command = [sys.executable, "-c", _RESOLVE, str(out), str(scratch / "repository")]
    _run(command, scratch, json.dumps(list(wanted)), environment)
    return out


def _run(command: Sequence[str], cwd: Path, stdin: str, env: Mapping[str, str]) -> None:
    """Run a fetcher in its own process group; it does not outlive us, whatever interrupts us."""
    try:
        running = subprocess.Popen(
            command, cwd=cwd, env=env, text=True, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
    except OSError as problem:
        msg = f"{command[0]} could not be started: {problem}"
        raise Unavailable(msg) from None
    try:
        output, _ = running.communicate(stdin, timeout=_FETCH_S)
    except subprocess.TimeoutExpired:
        msg = f"{Path(command[0]).name} did not end within {_FETCH_S:.0f} s"
        raise Unavailable(msg) from None
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()
    if running.returncode != 0:
        raise Unavailable(_reason(Path(command[0]).name, output))


def _reason(tool: str, output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if "ERROR" in line]
    chosen = errors[0] if errors else (lines[-1] if lines else "no output")
    return f"{tool} failed: {chosen[:300]}"
