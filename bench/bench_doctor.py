"""`doctor` as one process over a cluster of L's size, with and without 30 kept snapshots, and what a short command takes.

    python bench/bench_doctor.py [--tier=L] [--rounds=N]

The cluster is a fake in a process of its own, so that CPU and memory are those of `doctor` alone; wall time says nothing
here. The kept snapshots are two minutes apart: all of them within the hour that checks and causes look back.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from statistics import median
from typing import Final

from checkouts import Checkout, Run, open_checkout, use_one_core
from fakes import Fakes
from options import options
from results import Bar, finish, spread, table
from workload import TIERS

_BROKERS: Final = 3
KEPT, KEPT_EVERY_S = 30, 120.0
_PATIENCE_S: Final = "600"
"""The fake makes each answer when it is first wanted, on the same core: a large one takes a minute for that."""
_CPU_S, _PEAK_MB, _HELP_CPU_S = 1.5, 250, 0.12
_FINE: Final = frozenset({0, 10})
"""`doctor` ends with 10 where it found an error; both are reports."""


def doctor(checkout: Checkout, bootstrap: str, *options: str) -> Run:
    """One report; any other end ends the benchmark."""
    run = checkout.run("doctor", "--bootstrap-server", bootstrap, "--timeout", _PATIENCE_S, *options)
    if run.code not in _FINE:
        raise SystemExit(f"bench: doctor of {checkout.root} ended with {run.code}: {run.output[-800:]}")
    return run


def prepare_history(checkout: Checkout, bootstrap: str) -> None:
    """30 kept snapshots, which `restore_state` brings back before each run."""
    doctor(checkout, bootstrap)
    checkout.fill_history(KEPT, KEPT_EVERY_S)
    checkout.save_state()


def main(words: Sequence[str]) -> int:
    """Measure every tier that is named."""
    choice = options(words, "L", __doc__)
    rounds, rows, bars, figures = choice.rounds or 7, list[list[object]](), list[Bar](), dict[str, list[Run]]()
    use_one_core()
    with open_checkout() as ours:
        for name in choice.tiers:
            with Fakes(_BROKERS, TIERS[name]) as fake:
                prepare_history(ours, fake.bootstrap)
                for kept in (0, KEPT):
                    runs = list[Run]()
                    for _ in range(rounds):
                        ours.restore_state()
                        runs.append(doctor(ours, fake.bootstrap, *(() if kept else ("--no-history",))))
                    figures[f"{name}, {kept} kept"] = runs
                    rows.append([f"doctor on {name}", kept, *_figures(runs)])
                    bars.append(Bar(f"{name}, {kept} kept: median CPU s of doctor", median(run.cpu_s for run in runs), _CPU_S))
                    bars.append(Bar(f"{name}, {kept} kept: peak MB of doctor", max(run.peak_mb for run in runs), _PEAK_MB))
        for arguments in (("--help",), ("explain", "replication.under_replicated")):
            runs = [ours.run(*arguments) for _ in range(rounds + 1)][1:]
            figures[" ".join(arguments)] = runs
            rows.append([" ".join(arguments), "-", *_figures(runs)])
    bars.append(Bar("median CPU s of --help", median(run.cpu_s for run in figures["--help"]), _HELP_CPU_S))
    head = ("command", "kept snapshots", "CPU s min / median", "wall s min / median", "peak MB")
    short = {name: [[run.cpu_s, run.wall_s, run.peak_mb] for run in runs] for name, runs in figures.items()}
    return finish("doctor", "One report, one process", table(head, rows), bars, {"cpu_wall_peak": short})


def _figures(runs: Sequence[Run]) -> list[object]:
    cpus, walls = [run.cpu_s for run in runs], [run.wall_s for run in runs]
    return [spread(cpus, 2), spread(walls, 2), f"{max(run.peak_mb for run in runs):.0f}"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
