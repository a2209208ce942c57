"""One question, one process, start included: `kastellan lag` against Kafka's own tool, and `kastellan doctor`.

    python bench/bench_one_shot.py [--tier=M] [--rounds=N] [--keep]

The tool is run with the options that Kafka's scripts give it. What both say is compared with the oracle.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

import labs
import msgspec
import workload
from options import options
from results import Bar, finish, spread, table

from kastellan import lab
from kastellan.lab.runtime import provide_runtime

_KASTELLAN: Final = str(Path(sys.executable).parent / "kastellan")
_TOOL: Final = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"
_TOOL_OPTIONS: Final = (
    *("-Xmx256M", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-XX:InitiatingHeapOccupancyPercent=35"),
    *("-XX:+ExplicitGCInvokesConcurrent", "-Djava.awt.headless=true"),
)
_WALL_SHARE, _DOCTOR_S = 1 / 30, 1.5
_ROUNDS: Final = {"S": 5, "M": 3, "L": 2}
_TIMEOUT_S: Final = 1_800


class Run(msgspec.Struct, frozen=True):
    """One process from start to end."""

    wall_s: float
    cpu_s: float
    code: int
    said: str


def timed(command: Sequence[str]) -> Run:
    """Run a command to its end."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    # Compiled modules are part of an installation; some build machines forbid Python to write them.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S, env=env)
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(wall, cpu, done.returncode, done.stdout + (done.stderr if done.returncode else ""))


def lag_of_tool(said: str) -> dict[str, int]:
    """The sum of lag by group in the tool's columns; rows without a commit have '-'."""
    found: dict[str, int] = {}
    for line in said.splitlines():
        words = line.split()
        if len(words) > 5 and words[0].startswith("bench.") and words[3].isdigit() and words[5].isdigit():
            found[words[0]] = found.get(words[0], 0) + int(words[5])
    return found


def lag_of_ours(said: str) -> dict[str, int]:
    """The sum of lag by group in our JSON."""
    rows = json.loads(said)
    listed = rows if isinstance(rows, list) else rows.get("rows") or rows.get("groups")
    return {each["group"]: each["lag_records_known"] for each in listed if each["group"].startswith("bench.")}


def _right(who: str, run: Run, told: dict[str, int], right: workload.Oracle) -> None:
    if told != right.lag_by_group:
        wrong = [name for name in right.lag_by_group if told.get(name) != right.lag_by_group[name]]
        raise SystemExit(f"bench: {who} (exit code {run.code}) differs from the oracle in {len(wrong)} groups: {run.said[-400:]}")


def lag(tier: workload.Tier, count: int, *, keep: bool) -> tuple[list[list[object]], Bar, dict[str, list[Run]]]:
    """`lag` against the tool on one tier."""
    right, java = workload.oracle(tier), provide_runtime(lambda _: None)
    told: dict[str, list[Run]] = {"kastellan lag": [], "kafka-consumer-groups": []}
    with labs.cluster(tier, keep=keep) as found:
        # The tool and ours run as users run them, without what the lab's own processes were given.
        os.environ.pop("_JAVA_OPTIONS", None)
        classes = ("-cp", java.kafka.class_path, _TOOL)
        where = ("--bootstrap-server", found.bootstrap)
        commands = {
            "kastellan lag": [_KASTELLAN, "lag", *where, "--timeout", "60", "-o", "json"],
            "kafka-consumer-groups": [
                *(str(java.java.program), *_TOOL_OPTIONS, *classes, *where, "--describe", "--all-groups", "--timeout", "300000")
            ],
        }
        for _ in range(5):
            timed(commands["kastellan lag"])
        for number in range(count):
            for name in list(commands) if number % 2 else reversed(list(commands)):
                run = timed(commands[name])
                _right(name, run, (lag_of_ours if name == "kastellan lag" else lag_of_tool)(run.said), right)
                told[name].append(run)
    ours, tool = (median(each.wall_s for each in told[name]) for name in told)
    bar = Bar(
        f"{tier.name}: wall of `kastellan lag` as a share of the tool's", ours / tool, _WALL_SHARE if tier.name != "S" else 1
    )
    return [_row(tier.name, name, runs, ours) for name, runs in told.items()], bar, told


def doctor(count: int, *, keep: bool) -> tuple[list[object], Bar, list[Run]]:
    """`doctor` on a healthy lab of three brokers."""
    name = "bench-doctor"
    try:
        found = lab.up(lab.LabSpec(name=name, brokers=3), print)
        command = [_KASTELLAN, "doctor", "--bootstrap-server", found.bootstrap]
        for _ in range(5):
            timed(command)
        runs = [timed(command) for _ in range(count)]
    finally:
        if not keep:
            lab.down(name)
    bad = [each for each in runs if each.code != 0]
    if bad:
        raise SystemExit(f"bench: doctor ended with {bad[0].code} on a healthy lab: {bad[0].said[-800:]}")
    wall = median(each.wall_s for each in runs)
    return _row("three brokers", "kastellan doctor", runs, wall), Bar("seconds of `kastellan doctor`", wall, _DOCTOR_S), runs


def _row(where: str, name: str, runs: Sequence[Run], ours: float) -> list[object]:
    walls, cpus = [each.wall_s for each in runs], [each.cpu_s for each in runs]
    return [where, name, spread(walls, 2), f"{median(walls) / ours:.1f}", spread(cpus, 2)]


def main(words: Sequence[str]) -> int:
    """Run everything."""
    given = options(words, "M", __doc__)
    row, bar, runs = doctor(given.rounds or 7, keep=given.keep)
    rows, bars, figures = [row], [bar], {"doctor": runs}
    for name in given.tiers:
        more, bar, told = lag(workload.TIERS[name], given.rounds or _ROUNDS[name], keep=given.keep)
        rows += more
        bars.append(bar)
        figures |= {f"{name}: {who}": of_who for who, of_who in told.items()}
    short = {who: [[each.wall_s, each.cpu_s] for each in of_who] for who, of_who in figures.items()}
    body = table(("cluster", "command", "wall s min / median", "wall ratio", "CPU s min / median"), rows)
    return finish("one_shot", "One question, one process", body, bars, {"wall_and_cpu_s": short})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
