"""The core cycle as a cluster grows: L's shape and one of 100 brokers and 100 000 partitions, both over fakes.

    python bench/bench_scale.py [--rounds=N]

The fakes speak the real protocol from a process of their own, so that only our own CPU is measured. `busy` rounds come
after a tenth of the groups has committed. A ratio is the median of those of all rounds, each of two cycles that followed one
another: a machine that is shared has moods, which last longer than a round. Wall time says nothing here, because the fake
makes its answers on the same machine, here on the same core.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from statistics import median
from typing import Final

import msgspec
from checkouts import use_one_core
from contestants import Child, Cycle
from fakes import Fakes, lag_of
from judged import snapshot_of
from options import options
from results import Bar, finish, spread, table
from workload import TIERS, Tier, commits_of

from kastellan.app.diagnose import plan_checks
from kastellan.checks.evaluate import evaluate_all

_L, _XL, _XL3 = "L", "XL", "XL, 3 copies"
_SHAPES: Final = {_L: (3, TIERS["L"]), _XL: (100, Tier("XL", 10_000, 1, 1_000)), _XL3: (100, Tier("XL", 10_000, 3, 1_000))}
_TIMES, _MOST_MB, _BUSY, _JUDGE_S = 4.0, 700, 2.0, 1.0
_WARM: Final = 3
_JUDGED: Final = 9


def cycles(rounds: int) -> tuple[dict[str, list[Cycle]], dict[str, list[Cycle]]]:
    """Quiet and busy cycles of every shape, the last one compared with what the fake holds.

    The shapes take turns, so that whatever else the machine does meanwhile falls on all of them. After a change somebody else
    asks first: the fake makes an answer when it is first wanted, which takes it longer than any broker, and each answer that
    comes alone wakes us once more.
    """
    quiet, busy = {name: list[Cycle]() for name in _SHAPES}, {name: list[Cycle]() for name in _SHAPES}
    with ExitStack() as stack:
        fakes = {name: stack.enter_context(Fakes(*shape)) for name, shape in _SHAPES.items()}
        children = {name: stack.enter_context(Child("kastellan", fake.bootstrap)) for name, fake in fakes.items()}
        before = {name: stack.enter_context(Child("kastellan", fake.bootstrap)) for name, fake in fakes.items()}
        for child in (contestant for contestant in (*children.values(), *before.values()) for _ in range(_WARM)):
            child.cycle()
        for number in range(rounds):
            for name, child in children.items():
                quiet[name].append(child.cycle())
            for name, child in children.items():
                fakes[name].churn()
                before[name].cycle()
                busy[name].append(child.cycle("check" if number == rounds - 1 else "go"))
    for name, (_, tier) in _SHAPES.items():
        _proven(name, tier, busy[name][-1], rounds)
    return quiet, busy


def _proven(name: str, tier: Tier, last: Cycle, churned: int) -> None:
    """Ends the benchmark where the cycle did not see what is there."""
    observation = last.observation
    if observation is None or observation.partitions != tier.partitions:
        raise SystemExit(
            f"bench: {name}: {observation.partitions if observation else 'nothing'} partitions seen, there are {tier.partitions}"
        )
    lag_records = sum(observation.lag_by_group.values())
    right = sum(lag_of(group, churned) * len(list(commits_of(tier, group))) for group in range(tier.groups))
    if lag_records != right:
        raise SystemExit(f"bench: {name}: a lag of {lag_records} was seen, it is {right}")


def measure_checks(tier: Tier, rounds: int) -> list[float]:
    """CPU seconds of all checks over a snapshot of this size."""
    snapshot, exam, took = snapshot_of(tier), plan_checks(), list[float]()
    for _ in range(rounds + 1):
        started = time.process_time()
        evaluate_all(snapshot, exam.checks, exam.views, exam.settings)
        took.append(time.process_time() - started)
    return took[1:]


def main(words: Sequence[str]) -> int:
    """Measure all shapes."""
    choice = options(words, "L", __doc__)
    rounds = choice.rounds or 25
    use_one_core()
    quiet, busy = cycles(rounds)
    rows = [
        [
            name, *_size(name), quiet_cycles[-1].requests, f"{quiet_cycles[-1].received_bytes / 1e6:.1f}",
            spread([cycle.cpu_s for cycle in quiet_cycles]), f"{_times(quiet_cycles, quiet[_L]):.2f}",
            spread([cycle.cpu_s for cycle in busy[name]]), f"{_times(busy[name], quiet_cycles):.2f}",
            f"{max(cycle.peak_mb for cycle in (*quiet_cycles, *busy[name])):.0f}",
        ]
        for name, quiet_cycles in quiet.items()
    ]  # fmt: skip
    checks = measure_checks(_SHAPES[_XL3][1], min(rounds, _JUDGED))
    bars = [
        Bar("XL: CPU of a core cycle to L's", _times(quiet[_XL], quiet[_L]), _TIMES),
        Bar("XL: peak memory, MB", max(cycle.peak_mb for name in (_XL, _XL3) for cycle in (*quiet[name], *busy[name])), _MOST_MB),
        Bar("XL: CPU of a busy cycle to a quiet one", _times(busy[_XL], quiet[_XL]), _BUSY),
        Bar("XL, 3 copies: CPU seconds of all checks", median(checks), _JUDGE_S),
    ]
    head = ("shape", "brokers", "partitions", "groups", "requests", "MB received", "CPU s quiet, min / median", "to L",
            "CPU s busy, min / median", "to quiet", "peak MB")  # fmt: skip
    body = table(head, rows) + f"\n\nAll checks over XL with 3 copies: CPU s {spread(checks)}."
    figures = {"quiet": {name: msgspec.to_builtins(quiet_cycles) for name, quiet_cycles in quiet.items()}, "checks_cpu_s": checks}
    return finish("scale", "The core cycle as a cluster grows", body, bars, figures)


def _times(series: Sequence[Cycle], others: Sequence[Cycle]) -> float:
    """The median, over the rounds, of a cycle's CPU in relation to that of the other cycle."""
    return median(cycle.cpu_s / other.cpu_s for cycle, other in zip(series, others, strict=True))


def _size(name: str) -> list[object]:
    brokers, tier = _SHAPES[name]
    return [brokers, f"{tier.partitions:,}", f"{tier.groups:,}"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
