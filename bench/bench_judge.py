"""The checks over a large snapshot: CPU of judging everything once, in one process.

    python bench/bench_judge.py [--tier=L] [--rounds=N]

The snapshot is a healthy one made in memory, so no cluster is needed; every check must pass or say why not.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from statistics import median

from judged import snapshot_of
from options import options
from results import Bar, finish, spread, table
from workload import TIERS

from kastellan.app.diagnose import plan_checks
from kastellan.checks.evaluate import evaluate_all

_MOST_CPU_S = 1.5
"""So that an examination of a cluster of this size with two looks stays within doctor's five seconds."""


def main(words: Sequence[str]) -> int:
    """Judge every tier that is named."""
    choice = options(words, "S,M,L", __doc__)
    rounds, rows, bars = choice.rounds or 5, list[list[object]](), list[Bar]()
    slowest: dict[str, dict[str, float]] = {}
    exam = plan_checks()
    for name in choice.tiers:
        snapshot = snapshot_of(TIERS[name])
        cpus, walls, per_check = list[float](), list[float](), dict[str, list[float]]()
        for _ in range(rounds + 1):
            cpu, wall = time.process_time(), time.perf_counter()
            results = evaluate_all(snapshot, exam.checks, exam.views, exam.settings, timer=time.perf_counter)
            cpus.append(time.process_time() - cpu)
            walls.append(time.perf_counter() - wall)
            for result in results:
                per_check.setdefault(result.check, []).append(result.took_ms)
        first, cpus, walls = cpus[0], cpus[1:], walls[1:]
        worst = sorted(((median(times), check) for check, times in per_check.items()), reverse=True)[:5]
        slowest[name] = {check: took for took, check in worst}
        slowest_text = ", ".join(f"{check} {took:.1f}" for took, check in worst)
        rows.append([name, len(exam.checks), f"{first:.3f}", spread(cpus), spread(walls), slowest_text])
        if name == "L":
            bars.append(Bar("L: CPU seconds of all checks", median(cpus), _MOST_CPU_S))
    head = ("tier", "checks", "CPU s, first", "CPU s min / median", "wall s min / median", "slowest checks, ms")
    return finish("judge", "All checks over one snapshot", table(head, rows), bars, {"slowest_ms": slowest})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
