"""Runs the gates: two at a time, one line each with its time; a failed one shows its tool's words and the remedy."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from gates import names

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
BIN = Path(PYTHON).parent
# The layers, quickest first; `make test` runs them in this order.
WITHOUT_CLUSTER = ("unit", "gates", "property", "contract", "docs", "e2e")
WITH_CLUSTER = ("lab",)
LAYERS = WITHOUT_CLUSTER + WITH_CLUSTER
QUICK_LAYERS = ("unit", "gates")
SHOWN_LINES_MAX = 80
FUZZ_S = 600.0


@dataclass(frozen=True)
class Gate:
    """One gate: its name, the command that decides by its exit code, and what to do when it fails."""

    name: str
    command: tuple[str, ...]
    remedy: str
    fine: tuple[int, ...] = (0,)


def tool(name: str, *words: str) -> tuple[str, ...]:
    """A command of the environment that runs the gates."""
    return (str(BIN / name), *words)


def module(name: str, *words: str) -> tuple[str, ...]:
    """A module of the environment that runs the gates."""
    return (PYTHON, "-m", name, *words)


def layers(names: Sequence[str]) -> list[str]:
    """The folders of the layers that exist; the doctests of src are part of the unit layer."""
    folders = [f"tests/{name}" for name in names if (ROOT / "tests" / name).is_dir()]
    return ["src/kastellan", *folders] if "unit" in names else folders


def static_gates(*typed: str) -> list[Gate]:
    """What needs no run of the product, slowest first, because two run at a time; `typed` are the folders whose types count."""
    return [
        Gate("types", tool("basedpyright", *typed), "give the value its type; a relaxation needs a reason beside it"),
        Gate(
            "imports",
            tool("lint-imports", "--no-logo"),
            "move the code to the room that may import it (pyproject.toml, tool.importlinter)",
        ),
        Gate("lint", tool("ruff", "check", "--quiet", "--output-format", "concise"), "run `.venv/bin/ruff check --fix`"),
        Gate("format", tool("ruff", "format", "--check"), "run `.venv/bin/ruff format`"),
        Gate("packages", tool("deptry", "src"), "declare what is imported in pyproject.toml, then `make lock`"),
        Gate("spelling", tool("codespell"), "correct the word, or add it to tool.codespell with what it is"),
        Gate("sizes", module("gates.sizes"), "split by subject; a function does one thing"),
        Gate("names", module("gates.names"), "name what it holds; `.venv/bin/python -m gates names ROOM` lists a room's names"),
        Gate("locks", module("gates.locks", "check"), "run `make lock`"),
    ]


def quick_tests() -> Gate:
    """The unit layer and the gates' own tests, but for what examines many clusters: that is part of `make test`."""
    words = ("-q", "--no-header", "-m", "not (law or examines)", *(f"tests/{name}" for name in QUICK_LAYERS))
    return Gate("tests", module("pytest", *words), "run `.venv/bin/python -m pytest -x tests/unit`", fine=(0, 5))


def doctests() -> Gate:
    """The examples in docstrings, beside the other tests because two gates run at a time."""
    words = ("-q", "--no-header", "--doctest-modules", "src/kastellan")
    return Gate("doctests", module("pytest", *words), "correct the example, or what it shows")


def docs_gate() -> Gate:
    """The documentation: generated pages fresh, nothing undocumented, no stale path; `make test` builds it as well."""
    words = ("-q", "--no-header", "-m", "not slow", "tests/docs")
    return Gate("docs", module("pytest", *words), "run `make docs` and read the first warning", fine=(0, 5))


def run(gate: Gate) -> tuple[bool, str, float]:
    """Run one gate: passed, what it said, seconds."""
    begun = time.monotonic()
    env = os.environ | {
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONPATH": str(ROOT),
        "NO_COLOR": "1",
        # What was compiled is kept, also where the shell says otherwise: compiling the tests takes a tenth of their time.
        "PYTHONDONTWRITEBYTECODE": "",
        # Two gates share two cores: more threads of one only wait for each other, a fifth of the CPU of the tests.
        "POLARS_MAX_THREADS": "1",
    }
    try:
        finished = subprocess.run(
            gate.command,
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=900,
        )
    except subprocess.TimeoutExpired:
        return False, "It was stopped after 900 s.", time.monotonic() - begun
    return finished.returncode in gate.fine, finished.stdout, time.monotonic() - begun


def show(gate: Gate, output: str) -> None:
    """A failed gate's words, cut to what a screen holds, and the remedy."""
    lines = output.rstrip().splitlines()
    kept = lines if len(lines) <= SHOWN_LINES_MAX else lines[-SHOWN_LINES_MAX:]
    if len(kept) < len(lines):
        print(f"    ... {len(lines) - len(kept)} lines more; all of it: {' '.join(gate.command)}")
    print("\n".join(f"    {line}" for line in kept))
    print(f"    -> {gate.remedy}", flush=True)


def run_all(gates: Sequence[Gate]) -> bool:
    """Run the gates two at a time; True when every one passed."""
    begun, failed = time.monotonic(), 0
    with ThreadPoolExecutor(max_workers=2) as pool:
        waiting = {pool.submit(run, gate): gate for gate in gates}
        for finished in as_completed(waiting):
            gate = waiting[finished]
            passed, output, took_s = finished.result()
            print(f"{'ok  ' if passed else 'FAIL'} {gate.name:<9} {took_s:6.1f} s{_last_line(gate, output)}", flush=True)
            if not passed:
                failed += 1
                show(gate, output)
    print(f"{len(gates) - failed} of {len(gates)} gates passed in {time.monotonic() - begun:.1f} s", flush=True)
    return not failed


def _last_line(gate: Gate, output: str) -> str:
    """What pytest or the size gate closes with, shown beside its time."""
    lines = output.strip().splitlines()
    return f"  {lines[-1].strip('= ')}" if lines and gate.name in {"tests", "docs", "doctests", "sizes", "names"} else ""


def check() -> int:
    """The quick gates; the types of tests and bench/ are part of `make test`."""
    return 0 if run_all([quick_tests(), *static_gates("src", "gates"), docs_gate(), doctests()]) else 1


def test() -> int:
    """The static gates, then the layers: first those without a cluster, then those that start real Kafka.

    Two workers share each. The tests of one cluster stay with one of them: beside it is at most one other.
    Each of the two runs closes with its totals.
    """
    if not run_all(static_gates()):
        return 1
    shared = ("--doctest-modules", "--durations=10", "-n", "2")
    alone = run_to_end(module("pytest", *shared, *layers(WITHOUT_CLUSTER)))
    clusters = run_to_end(module("pytest", *shared, "--dist", "loadgroup", *layers(WITH_CLUSTER)))
    return alone or clusters


def run_to_end(command: Sequence[str]) -> int:
    """Run a command to its end: its exit code, and where a signal ended it, a sentence that says so and 1."""
    code = subprocess.run(command, cwd=ROOT, check=False).returncode
    if code >= 0:
        return code
    print(f"\n`{' '.join(command)}` was ended by {signal.Signals(-code).name} and could not tell its totals", flush=True)
    return 1


def fuzz(words: Sequence[str]) -> int:
    """The property layer again and again, each round with new examples, until the time is over or a round fails.

    `--seed=N` is one round, with the examples of a round that printed this seed.
    """
    seeds = [word.removeprefix("--seed=") for word in words if word.startswith("--seed=")]
    seconds = next((float(word) for word in words if not word.startswith("-")), FUZZ_S)
    begun, rounds = time.monotonic(), 0
    while time.monotonic() - begun < seconds:
        seed = seeds[0] if seeds else str(secrets.randbelow(2**32))
        options = ("-q", "--no-header", "-p", "no:randomly", "--hypothesis-profile=fuzz", f"--hypothesis-seed={seed}")
        code = subprocess.run(module("pytest", *options, *layers(("property",))), cwd=ROOT, check=False).returncode
        if code:
            print(f"fuzz: a round failed; its examples again: make fuzz SEED={seed}", flush=True)
            return code
        rounds += 1
        if seeds:
            break
    print(f"fuzz: {rounds} rounds of the property layer in {time.monotonic() - begun:.0f} s, none failed", flush=True)
    return 0


def drill(words: Sequence[str]) -> int:
    """Every fault of the lab with its injector and its undoer killed; `--seed=N` has the instants of the run that printed it."""
    seeds = [word.removeprefix("--seed=") for word in words if word.startswith("--seed=")]
    seed = seeds[0] if seeds else str(secrets.randbelow(2**32))
    print(f"drill: the same instants again: make drill SEED={seed}", flush=True)
    options = ("-m", "drill", "-rA", "--no-header", "-p", "no:randomly", "--log-level=INFO", *layers(WITH_CLUSTER))
    env = os.environ | {"KASTELLAN_DRILL_SEED": seed}
    return subprocess.run(module("pytest", *options), cwd=ROOT, env=env, check=False).returncode


def bench(words: Sequence[str]) -> int:
    """Every measured comparison, one after the other, or those that are named."""
    named = [word for word in words if not word.startswith("-")]
    scripts = [
        path for path in sorted((ROOT / "bench").glob("bench_*.py")) if not named or path.stem.removeprefix("bench_") in named
    ]
    if not scripts:
        print("bench: no such comparison; they are bench/bench_NAME.py", file=sys.stderr)
        return 2
    options = [word for word in words if word.startswith("-")]
    return max(subprocess.run([PYTHON, str(path), *options], cwd=ROOT, check=False).returncode for path in scripts)


def main(words: Sequence[str]) -> int:
    """Run one verb."""
    verb, options = (words[0] if words else ""), words[1:]
    verbs: dict[str, Callable[[], int]] = {
        "check": check,
        "test": test,
        "fuzz": lambda: fuzz(options),
        "drill": lambda: drill(options),
        "bench": lambda: bench(options),
        "names": lambda: names.main(options),
        "frozen": lambda: subprocess.run(module("gates.frozen", *options), cwd=ROOT, check=False).returncode,
        "docs": lambda: subprocess.run(module("gates.docs", "write"), cwd=ROOT, check=False).returncode,
    }
    if verb in verbs:
        return verbs[verb]()
    print(f"gates: say one of {', '.join(verbs)}", file=sys.stderr)
    return 2
