"""The hash-locked requirement files in `locks/`: made by `make lock`, checked by the gate.

Why not uv.lock: it writes the address of the index into every line. These files name none, so that a mirror or an
air-gapped site installs from them unchanged (docs/adr/0004-lock-without-registry.md).

    python -m gates.locks check
    python -m gates.locks write [--upgrade]
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from gates import setup

PINNED_UV = "uv==0.13.9"
# Lock -> what goes into it; the later ones follow the versions of dev.txt, because they are installed beside it.
INPUTS: dict[str, list[str]] = {
    "dev.txt": ["--extra", "lab", "--group", "dev"],
    "run.txt": ["--extra", "lab"],
    "java.txt": ["--extra", "java"],
    "resolver.txt": ["--extra", "resolver"],
}
HEAD = "# Made by `make lock`; do not edit. Inputs: "
_PACKAGE = re.compile(r"^[a-z0-9][a-z0-9._-]*==[^ ]+")


def inputs_digest(root: Path = setup.ROOT) -> str:
    """What pyproject.toml asks for, as one short text."""
    declared = tomllib.loads((root / "pyproject.toml").read_text())
    project = declared["project"]
    declarations = [
        project["dependencies"],
        project["optional-dependencies"],
        declared["dependency-groups"],
        project["requires-python"],
    ]
    return hashlib.sha256(json.dumps([declarations, INPUTS, PINNED_UV], sort_keys=True).encode()).hexdigest()[:16]


def faults(folder: Path = setup.LOCKS, digest: str | None = None) -> list[str]:
    """What is wrong with the locks, one sentence each."""
    wanted = HEAD + (digest or inputs_digest())
    problems: list[str] = []
    for name in (*INPUTS, "uv.txt"):
        path = folder / name
        if not path.exists():
            problems.append(f"locks/{name} is missing.")
            continue
        lines = path.read_text().splitlines()
        if lines[:1] != [wanted]:
            problems.append(f"locks/{name} was made from other requirements than pyproject.toml has now.")
        for number, line in enumerate(lines, 1):
            if "://" in line or line.lstrip().startswith("--index") or line.lstrip().startswith("--find-links"):
                problems.append(f"locks/{name}:{number} names an address; a lock names none.")
            if _PACKAGE.match(line) and not line.rstrip().endswith("\\"):
                problems.append(f"locks/{name}:{number} has no hash.")
    return problems


def write(*, upgrade: bool) -> None:
    """Resolve every lock anew, keeping the versions that still fit unless `upgrade` is set."""
    program, env = str(setup.uv()), setup.uv_env()
    env.pop("UV_FIND_LINKS", None)
    common = ["pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-header"]
    common += ["--no-emit-index-url", "--no-emit-find-links", *(["--upgrade"] if upgrade else [])]
    for name, words in INPUTS.items():
        follow = [] if name == "dev.txt" else ["--constraint", "locks/dev.txt"]
        _compile([program, *common, *follow, "pyproject.toml", *words], setup.LOCKS / name, env)
    pin = setup.TOOLS / "uv.in"
    pin.write_text(PINNED_UV + "\n")
    _compile([program, *common, "--no-annotate", str(pin)], setup.LOCKS / "uv.txt", env)


def _compile(command: list[str], path: Path, env: dict[str, str]) -> None:
    subprocess.run([*command, "--output-file", str(path)], check=True, env=env, cwd=setup.ROOT)
    body = "".join(line + "\n" for line in path.read_text().splitlines() if not line.startswith(HEAD))
    path.write_text(HEAD + inputs_digest() + "\n" + body)


def main(words: list[str]) -> int:
    """Check or write; 1 when something is wrong."""
    if words[:1] == ["write"]:
        write(upgrade="--upgrade" in words)
        return 0
    problems = faults()
    for sentence in problems:
        print(sentence)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
