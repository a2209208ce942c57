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
    output: str


def run_timed(command: Sequence[str]) -> Run:
    """Run a command to its end."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    # Compiled modules are part of an installation; some build machines forbid Python to write them.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S, env=env)
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(wall, cpu, process.returncode, process.stdout + (process.stderr if process.returncode else ""))


def lag_of_tool(output: str) -> dict[str, int]:
    """The sum of lag by group in the tool's columns; rows without a commit have '-'."""
    lag_by_group: dict[str, int] = {}
    for line in output.splitlines():
        words = line.split()
        if len(words) > 5 and words[0].startswith("bench.") and words[3].isdigit() and words[5].isdigit():
            lag_by_group[words[0]] = lag_by_group.get(words[0], 0) + int(words[5])
    return lag_by_group


def lag_of_ours(output: str) -> dict[str, int]:
    """The sum of lag by group in our JSON."""
    rows = json.loads(output)
    listed = rows if isinstance(rows, list) else rows.get("rows") or rows.get("groups")
    return {row["group"]: row["lag_records_known"] for row in listed if row["group"].startswith("bench.")}


def _right(command: str, run: Run, lag_by_group: dict[str, int], right: workload.Oracle) -> None:
    if lag_by_group != right.lag_by_group:
        wrong = [name for name in right.lag_by_group if lag_by_group.get(name) != right.lag_by_group[name]]
        raise SystemExit(
            f"bench: {command} (exit code {run.code}) differs from the oracle in {len(wrong)} groups: {run.output[-400:]}"
        )


def lag(tier: workload.Tier, count: int, *, keep: bool) -> tuple[list[list[object]], Bar, dict[str, list[Run]]]:
    """`lag` against the tool on one tier."""
    right, java = workload.oracle(tier), provide_runtime(lambda _: None)
    runs_by_name: dict[str, list[Run]] = {"kastellan lag": [], "kafka-consumer-groups": []}
    with labs.cluster(tier, keep=keep) as cluster:
        # The tool and ours run as users run them, without what the lab's own processes were given.
        os.environ.pop("_JAVA_OPTIONS", None)
        classes = ("-cp", java.kafka.class_path, _TOOL)
        where = ("--bootstrap-server", cluster.bootstrap)
        commands = {
            "kastellan lag": [_KASTELLAN, "lag", *where, "--timeout", "60", "-o", "json"],
            "kafka-consumer-groups": [
                *(str(java.java.program), *_TOOL_OPTIONS, *classes, *where, "--describe", "--all-groups", "--timeout", "300000")
            ],
        }
        for _ in range(5):
            run_timed(commands["kastellan lag"])
        for number in range(count):
            for name in list(commands) if number % 2 else reversed(list(commands)):
                run = run_timed(commands[name])
                _right(name, run, (lag_of_ours if name == "kastellan lag" else lag_of_tool)(run.output), right)
                runs_by_name[name].append(run)
    ours, tool = (median(run.wall_s for run in runs_by_name[name]) for name in runs_by_name)
    bar = Bar(
        f"{tier.name}: wall of `kastellan lag` as a share of the tool's", ours / tool, _WALL_SHARE if tier.name != "S" else 1
    )
    return [_row(tier.name, name, runs, ours) for name, runs in runs_by_name.items()], bar, runs_by_name


def doctor(count: int, *, keep: bool) -> tuple[list[object], Bar, list[Run]]:
    """`doctor` on a healthy lab of three brokers."""
    name = "bench-doctor"
    try:
        cluster = lab.up(lab.LabSpec(name=name, brokers=3), print)
        command = [_KASTELLAN, "doctor", "--bootstrap-server", cluster.bootstrap]
        for _ in range(5):
            run_timed(command)
        runs = [run_timed(command) for _ in range(count)]
    finally:
        if not keep:
            lab.down(name)
    bad = [run for run in runs if run.code != 0]
    if bad:
        raise SystemExit(f"bench: doctor ended with {bad[0].code} on a healthy lab: {bad[0].output[-800:]}")
    wall = median(run.wall_s for run in runs)
    return _row("three brokers", "kastellan doctor", runs, wall), Bar("seconds of `kastellan doctor`", wall, _DOCTOR_S), runs


def _row(where: str, name: str, runs: Sequence[Run], ours: float) -> list[object]:
    walls, cpus = [run.wall_s for run in runs], [run.cpu_s for run in runs]
    return [where, name, spread(walls, 2), f"{median(walls) / ours:.1f}", spread(cpus, 2)]


def main(words: Sequence[str]) -> int:
    """Run everything."""
    choice = options(words, "M", __doc__)
    row, bar, runs = doctor(choice.rounds or 7, keep=choice.keep)
    rows, bars, figures = [row], [bar], {"doctor": runs}
    for name in choice.tiers:
        more, bar, runs_by_command = lag(workload.TIERS[name], choice.rounds or _ROUNDS[name], keep=choice.keep)
        rows += more
        bars.append(bar)
        figures |= {f"{name}: {command}": command_runs for command, command_runs in runs_by_command.items()}
    short = {subject: [[run.wall_s, run.cpu_s] for run in subject_runs] for subject, subject_runs in figures.items()}
    body = table(("cluster", "command", "wall s min / median", "wall ratio", "CPU s min / median"), rows)
    return finish("one_shot", "One question, one process", body, bars, {"wall_and_cpu_s": short})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
