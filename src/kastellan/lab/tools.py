"""Python packages that a lab needs beside the environment it runs in, installed into the cache when they are missing."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import MissingTool
from kastellan.lab.locks import held
from kastellan.lab.places import cache_dir

_INSTALL_S = 300.0
_COMPLETE = ".complete"


def child_environment() -> dict[str, str]:
    """Our environment for a child of this interpreter that runs a module of this package, whatever directory it runs in."""
    here = str(Path(__file__).resolve().parents[2])
    paths = [here, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def provide(module: str, requirement: str, extra: str) -> Path | None:
    """Make a Python package available to a child of this interpreter.

    Returns None when the running environment has it, else the directory for the child's `PYTHONPATH`. It is put
    there by uv or pip, once. Raises `MissingTool` with what to install when neither can.
    """
    spec = importlib.util.find_spec(module)
    if spec is not None and spec.origin is not None:  # a stray folder of that name has no origin
        return None
    version = f"{sys.version_info.major}{sys.version_info.minor}"
    target = cache_dir() / "tools" / f"{module}-py{version}"
    if (target / _COMPLETE).exists():
        return target
    with held(cache_dir() / "tools", Deadline.after(_INSTALL_S)):
        if not (target / _COMPLETE).exists():
            _install(requirement, target, f"install it with: pip install 'kastellan[{extra}]'")
    return target


def _install(requirement: str, target: Path, remedy: str) -> None:
    reasons: list[str] = []
    for leftover in target.parent.glob(".install-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=".install-", dir=target.parent) as scratch:
        fresh = Path(scratch) / "target"
        for command in _installers(Path(scratch)):
            reason = _run([*command, "--target", str(fresh), requirement])
            if reason is None:
                (fresh / _COMPLETE).touch()
                shutil.rmtree(target, ignore_errors=True)
                fresh.rename(target)
                return
            reasons.append(reason)
            shutil.rmtree(fresh, ignore_errors=True)
    msg = f"{requirement} is needed and could not be installed ({'; '.join(reasons) or 'neither uv nor pip is here'}); {remedy}"
    raise MissingTool(msg)


def _installers(scratch: Path) -> Iterator[list[str]]:
    """The ways to install, best first; the last one makes its own pip from the standard library, when it comes to that."""
    if uv := find_uv():
        yield [str(uv), "pip", "install", "--quiet", "--python", sys.executable]
    if importlib.util.find_spec("pip") is not None:
        yield [sys.executable, "-m", "pip", "install", "--quiet"]
    if importlib.util.find_spec("ensurepip") is not None:
        environment = scratch / "venv"
        make = "import sys, venv; venv.create(sys.argv[1], with_pip=True)"
        if _run([sys.executable, "-c", make, str(environment)]) is None:
            yield [str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet"]


def find_uv() -> Path | None:
    """The uv program: on PATH, beside this interpreter, or where a checkout's own set-up puts it."""
    if on_path := shutil.which("uv"):
        return Path(on_path)
    checkout = Path(__file__).resolve().parents[3]
    for program in (Path(sys.executable).parent / "uv", checkout / ".tools/bin/uv", checkout / ".tools/uv/bin/uv"):
        if os.access(program, os.X_OK):
            return program
    return None


def _run(command: list[str]) -> str | None:
    """Run a short-lived tool; None when it succeeded, else why it did not."""
    try:
        finished = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as problem:
        return f"{Path(command[0]).name}: {problem}"
    if finished.returncode == 0:
        return None
    last = (finished.stderr or finished.stdout).strip().splitlines()[-1:] or ["no output"]
    return f"{Path(command[0]).name}: {last[0][:200]}"
