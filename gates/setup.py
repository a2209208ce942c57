"""Set up what a make verb needs, on a machine that has only Python 3.11 and make. Standard library only.

    python gates/setup.py run    what `kastellan demo` and `kastellan lab` need
    python gates/setup.py dev    that, the gates and the tests
    python gates/setup.py lock   only the pinned uv (for `make lock`)

Nothing is installed when nothing changed: `.venv/kastellan-setup.json` records what was installed. A set-up that was cut
off leaves `.venv/kastellan-setup.unfinished` behind and is begun anew. Two at once take turns. Every set-up compiles the
modules whose source has changed.

The package index, its mirror, certificates and proxies are those that pip is configured with; the locks name none.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Generator
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
VENV = ROOT / ".venv"
LOCKS = ROOT / "locks"
SOURCE = ROOT / "src" / "kastellan"
STAMP = VENV / "kastellan-setup.json"
UNFINISHED = VENV / "kastellan-setup.unfinished"
JAVA_MAJOR_MIN = 17
LEVELS = ("run", "dev")

# pip's options, and the variables by which uv takes the same. pip separates several values by spaces, uv not always.
PIP_TO_UV = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "no-index": ("UV_NO_INDEX", " "),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "cert": ("SSL_CERT_FILE", " "),
    "proxy": ("ALL_PROXY", " "),
    "default-timeout": ("UV_HTTP_TIMEOUT", " "),
    "timeout": ("UV_HTTP_TIMEOUT", " "),
}


def say(text: str) -> None:
    """One line of talk, on stderr."""
    print(text, file=sys.stderr, flush=True)


def stop(sentence: str) -> NoReturn:
    """End with one sentence that names the remedy."""
    raise SystemExit(f"set-up: {sentence}")


def digest(path: Path) -> str:
    """What a lock pins, as one short text; its comments may change without anything being installed again."""
    pins = [line for line in path.read_text().splitlines() if not line.lstrip().startswith("#")]
    return hashlib.sha256("\n".join(pins).encode()).hexdigest()[:16]


def project() -> str:
    """What pyproject.toml says of the package itself: a change there, such as a new command, installs it again."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())
    text = json.dumps([declared["project"], declared["build-system"]], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def runs(command: list[str], env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command quietly; its words are shown only when it fails."""
    return subprocess.run(command, capture_output=True, text=True, check=False, env=env, cwd=ROOT, stdin=subprocess.DEVNULL)


@contextlib.contextmanager
def alone() -> Generator[None]:
    """Hold this checkout's set-up lock; the kernel lets go of it when the process ends, however it ends."""
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def uv() -> Path:
    """The pinned uv, fetched by pip with its hash into `.tools/uv`."""
    home = TOOLS / "uv"
    program, stamp, pin = home / "bin" / "uv", home / "stamp", LOCKS / "uv.txt"
    if program.exists() and stamp.exists() and stamp.read_text() == digest(pin):
        return program
    say("set-up: fetching uv")
    shutil.rmtree(home, ignore_errors=True)
    wanted = ["install", "--quiet", "--require-hashes", "--no-deps", "-r", str(pin)]
    if runs([sys.executable, "-m", "venv", str(home)]).returncode == 0:
        result = runs([str(home / "bin" / "python"), "-m", "pip", *wanted])
    elif runs([sys.executable, "-m", "pip", "--version"]).returncode == 0:
        # A Python without ensurepip makes no venv with pip in it; its own pip can still fill a folder.
        shutil.rmtree(home, ignore_errors=True)
        result = runs([sys.executable, "-m", "pip", *wanted, "--target", str(home)])
    else:
        stop(f"{sys.executable} has neither venv nor pip: install them (on Debian and Ubuntu: apt-get install python3-venv).")
    if result.returncode or not program.exists():
        stop(f"pip could not fetch uv; check the network or pip's configuration.\n{result.stdout}{result.stderr}")
    stamp.write_text(digest(pin))
    return program


def pip_options() -> dict[str, str]:
    """What the user configured pip with, by option name; a variable beats a file, [install] beats [global]."""
    for python in (TOOLS / "uv" / "bin" / "python", Path(sys.executable)):
        listed = runs([str(python), "-m", "pip", "config", "list"])
        if listed.returncode == 0:
            break
    else:
        return {}
    ranked: dict[str, tuple[int, str]] = {}
    for line in listed.stdout.splitlines():
        key, _, value = line.partition("=")
        section, _, name = key.rpartition(".")
        rank = {":env:": 3, "install": 2, "global": 1}.get(section, 0)
        if rank > ranked.get(name, (0, ""))[0]:
            ranked[name] = (rank, value.strip().strip("'\"").replace("\\n", " "))
    return {name: value for name, (_, value) in ranked.items()}


def uv_env() -> dict[str, str]:
    """This process's environment, with pip's configuration said in uv's words where uv has none of its own."""
    env = dict(os.environ)
    env.pop("VIRTUAL_ENV", None)
    options = pip_options()
    for option, (variable, between) in PIP_TO_UV.items():
        words = options.get(option, "").split()
        if option == "find-links":
            words = [word for word in words if "://" in word or Path(word).expanduser().is_dir()]
        if words:
            env.setdefault(variable, between.join(words))
    # Hashes decide what is installed, so it does not matter which of several indexes serves it.
    env.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    env.setdefault("UV_PYTHON_DOWNLOADS", "never")
    env["UV_NO_CONFIG"] = "1"
    return env


def has_java() -> bool:
    """True when JAVA_HOME or PATH has a Java that is new enough."""
    home = os.environ.get("JAVA_HOME")
    program = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if program is None or not Path(program).exists():
        return False
    output = runs([program, "-version"])
    major = re.search(r'version "(\d+)', output.stdout + output.stderr)
    return major is not None and int(major[1]) >= JAVA_MAJOR_MIN


def wanted_locks(level: str, before: dict[str, str]) -> dict[str, str]:
    """The locks to install and the digest of each. What was installed once for want of Java or Maven stays."""
    level = max(level, next((level for level in LEVELS if f"{level}.txt" in before), level), key=LEVELS.index)
    names = [f"{level}.txt"]
    if "java.txt" in before or not has_java():
        names.append("java.txt")
    if "resolver.txt" in before or shutil.which("mvn") is None:
        names.append("resolver.txt")
    return {name: digest(LOCKS / name) for name in names} | {"project": project()}


def read_installed() -> dict[str, str]:
    """What the last whole set-up installed; nothing when it was cut off or the environment does not run."""
    if UNFINISHED.exists() or not STAMP.exists():
        return {}
    try:
        return dict(json.loads(STAMP.read_text()))
    except ValueError:
        return {}


def environment(level: str) -> None:
    """Bring `.venv` to exactly what the locks say, with kastellan itself in editable form."""
    before = read_installed()
    python = VENV / "bin" / "python"
    if before and not starts(python):
        before = {}
    aim = wanted_locks(level, before)
    if aim == before:
        return
    program, env = str(uv()), uv_env()
    if UNFINISHED.exists() or not starts(python):
        shutil.rmtree(VENV, ignore_errors=True)
        must(runs([program, "venv", "--quiet", "--python", sys.executable, str(VENV)], env), "make .venv")
    UNFINISHED.touch()
    target = ["--quiet", "--python", str(python)]
    locks = [name for name in aim if name.endswith(".txt")]
    if any(before.get(name) != aim[name] for name in locks):
        say("set-up: installing " + ", ".join(f"locks/{name}" for name in locks))
        files = [str(LOCKS / name) for name in locks]
        must(
            runs([program, "pip", "sync", "--require-hashes", "--compile-bytecode", *target, *files], env),
            "install the locked packages",
        )
    must(runs([program, "pip", "install", "--no-deps", *target, "--editable", str(ROOT)], env), "install kastellan")
    STAMP.write_text(json.dumps(aim, indent=1))
    UNFINISHED.unlink()


def compile_modules() -> None:
    """Compile Kastellan's own modules where their source has changed; uv has compiled the locked packages.

    Many build machines and containers set PYTHONDONTWRITEBYTECODE: without this every command there would compile 200
    modules anew. The installation is editable, so that the sources change under the compiled files: these record time and
    size of their source (Python's default form). Python ignores one that does not match, and compiles in memory until the
    next set-up; an unchecked one would run old code. The environment's own Python compiles, since its version is in the
    names of the files; it skips what is up to date. A checkout that cannot be written only costs time, no set-up.
    """
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    mode = ["--invalidation-mode", "timestamp"]
    compiled = runs([str(VENV / "bin" / "python"), "-m", "compileall", "-q", "-j", "0", *mode, str(SOURCE)], env)
    if compiled.returncode:
        say(f"set-up: not all modules could be compiled, so that commands start slower: {compiled.stdout.strip()[-400:]}")


def starts(program: Path) -> bool:
    """True when the program is there and answers to --version."""
    return program.exists() and runs([str(program), "--version"]).returncode == 0


def must(result: subprocess.CompletedProcess[str], deed: str) -> None:
    """Stop with the tool's own words when it failed."""
    if result.returncode:
        stop(f"uv could not {deed}; check the network or pip's configuration, then run again.\n{result.stdout}{result.stderr}")


def main(words: list[str]) -> None:
    """Set up what the verb needs."""
    if words not in (["run"], ["dev"], ["lock"]):
        stop("say run, dev or lock.")
    with alone():
        if words == ["lock"]:
            uv()
        else:
            environment(words[0])
            compile_modules()


if __name__ == "__main__":
    main(sys.argv[1:])
