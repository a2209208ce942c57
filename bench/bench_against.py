"""This checkout against another one, taking turns in one run: CPU, memory, and requests by API.

    python bench/bench_against.py --against=REVISION-OR-PATH [--rounds=N] [--tier=S,M,L]

Both run on this environment's packages over the same fake clusters, on one core. A ratio is the median over pairs of
neighbours, each pair in another order than the one before: a machine that is shared has moods, which last longer than a
pair. Wall time is reported only. Without --against there is nothing to compare with, and nothing is done.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from statistics import median
from typing import Final

import msgspec
from bench_doctor import KEPT, doctor, prepare_history
from checkouts import Checkout, Run, find_checkout, open_checkout, use_one_core
from contestants import Child, Cycle
from fakes import Fakes
from options import options
from results import Bar, finish, spread, table
from workload import TIERS, Tier

_PAIRS: Final = 15
_WARM: Final = 3
_CPU_RATIO, _XL_PEAK_RATIO = 1.05, 1.02
_BROKERS, _XL_BROKERS = 3, 100
_XL: Final = Tier("XL", 10_000, 3, 1_000)
_SETS: Final = ("kastellan", "kastellan-full")


class Pair(msgspec.Struct, frozen=True):
    """Neighbouring runs of the other checkout and of this one."""

    before: Run | Cycle
    after: Run | Cycle


class Row(msgspec.Struct, frozen=True):
    """One subject of the comparison; `requests` are those of the other checkout and of this one."""

    name: str
    pairs: tuple[Pair, ...]
    requests: tuple[dict[str, int], dict[str, int]] = ({}, {})

    @property
    def cpu_ratio(self) -> float:
        """The median of this checkout's CPU in relation to the other's."""
        return median(pair.after.cpu_s / pair.before.cpu_s for pair in self.pairs)

    @property
    def peak_ratio(self) -> float:
        """The largest memory of this checkout in relation to the other's."""
        return max(pair.after.peak_mb for pair in self.pairs) / max(pair.before.peak_mb for pair in self.pairs)

    def cells(self) -> list[object]:
        """The row of the table."""
        before, after = ([getattr(pair, side) for pair in self.pairs] for side in ("before", "after"))
        cells: list[object] = [self.name]
        cells += [spread([run.cpu_s for run in runs]) for runs in (before, after)]
        cells.append(f"{self.cpu_ratio:.3f}")
        cells += [spread([run.wall_s for run in runs], 2) for runs in (before, after)]
        cells += [f"{max(run.peak_mb for run in runs):.0f}" for runs in (before, after)]
        return [*cells, f"{self.peak_ratio:.3f}", *(sum(counts.values()) or "-" for counts in self.requests)]


def take_turns(count: int, before: Callable[[], Run | Cycle], after: Callable[[], Run | Cycle]) -> tuple[Pair, ...]:
    """Pairs of neighbours, whose order alternates; one pair more goes first and does not count."""
    pairs: list[Pair] = []
    for number in range(count + 1):
        if number % 2:
            first, second = before(), after()
            pairs.append(Pair(first, second))
        else:
            second, first = after(), before()
            pairs.append(Pair(first, second))
    return tuple(pairs[1:])


def cycles(name: str, bootstrap: str, both: tuple[Checkout, Checkout], count: int) -> Iterator[Row]:
    """Warm cycles over one cluster: the core's tables and the full set."""
    for contestant in _SETS:
        with ExitStack() as stack:
            before, after = (
                stack.enter_context(Child(contestant, bootstrap, root=checkout.root, env=checkout.environment()))
                for checkout in both
            )
            for child in (before, after) * _WARM:
                child.cycle()
            pairs = take_turns(count, before.cycle, after.cycle)
        last = pairs[-1]
        requests = tuple(cycle.by_request for cycle in (last.before, last.after) if isinstance(cycle, Cycle))
        yield Row(f"{contestant} cycle, {name}", pairs, (requests[0], requests[1]))


def reports(name: str, bootstrap: str, both: tuple[Checkout, Checkout], count: int) -> Iterator[Row]:
    """`doctor` as a process over one cluster, without history and (on L) with 30 kept snapshots."""
    before, after = (_reporter(checkout, bootstrap, "--no-history") for checkout in both)
    pairs = take_turns(count, before, after)
    # Last: while the fake makes its answers, a request may come too late and is sent again.
    requests = tuple(_requests(checkout, bootstrap) for checkout in both)
    yield Row(f"doctor, {name}", pairs, (requests[0], requests[1]))
    if name == "L":
        for checkout in both:
            prepare_history(checkout, bootstrap)
        before, after = (_reporter(checkout, bootstrap) for checkout in both)
        yield Row(f"doctor, {name}, {KEPT} kept", take_turns(count, before, after))


def _reporter(checkout: Checkout, bootstrap: str, *arguments: str) -> Callable[[], Run]:
    def report() -> Run:
        if not arguments:
            checkout.restore_state()
        return doctor(checkout, bootstrap, *arguments)

    return report


def _requests(checkout: Checkout, bootstrap: str) -> dict[str, int]:
    """The requests of a report by API, as the report itself counts them."""
    document = json.loads(doctor(checkout, bootstrap, "--no-history", "-o", "json").output)
    return document["report"]["cost"]["by_request"]


def commands(both: tuple[Checkout, Checkout], count: int) -> Iterator[Row]:
    """What short commands take."""
    for arguments in (("--help",), ("explain", "replication.under_replicated")):
        before, after = ((lambda checkout=checkout, words=arguments: checkout.run(*words)) for checkout in both)
        yield Row(" ".join(arguments), take_turns(count, before, after))


def requests_table(rows: Sequence[Row]) -> str:
    """The requests by API of every row that counts them."""
    lines = [
        [row.name, api, before.get(api, 0), after.get(api, 0), "" if before.get(api) == after.get(api) else "differs"]
        for row in rows
        for before, after in (row.requests,)
        for api in sorted(before | after)
    ]
    return table(("what", "API", "before", "after", ""), lines)


def main(words: Sequence[str]) -> int:
    """Compare over every tier that is named, and over XL."""
    choice = options(words, "S,M,L", __doc__)
    if choice.against is None:
        print("bench: give --against=REVISION-OR-PATH to compare this checkout with that one")
        return 0
    count = choice.rounds or _PAIRS
    sizes = {name: (_BROKERS, TIERS[name]) for name in choice.tiers} | {"XL": (_XL_BROKERS, _XL)}
    use_one_core()
    rows: list[Row] = []
    with find_checkout(choice.against) as root, open_checkout(root) as other, open_checkout() as ours:
        both = (other, ours)
        rows += commands(both, count)
        for name, (brokers, tier) in sizes.items():
            with Fakes(brokers, tier) as fake:
                rows += cycles(name, fake.bootstrap, both, count)
                rows += reports(name, fake.bootstrap, both, count)
    bars = [Bar(f"{row.name}: CPU in relation to before", row.cpu_ratio, _CPU_RATIO) for row in rows]
    bars += [
        Bar(f"{row.name}: peak memory in relation to before", row.peak_ratio, _XL_PEAK_RATIO) for row in rows if "XL" in row.name
    ]
    differing = sum(
        before.get(api) != after.get(api) for row in rows for before, after in (row.requests,) for api in before | after
    )
    bars.append(Bar("requests by API that differ", differing, 0))
    head = ("what", "CPU s before, min / median", "after", "ratio", "wall s before, min / median", "after",
            "peak MB before", "after", "ratio", "requests before", "after")  # fmt: skip
    body = f"Against {choice.against}; {count} pairs.\n\n{table(head, [row.cells() for row in rows])}\n\n{requests_table(rows)}"
    figures = {row.name: [[pair.before.cpu_s, pair.after.cpu_s] for pair in row.pairs] for row in rows}
    return finish("against", "This checkout against another one", body, bars, {"cpu_s_before_after": figures})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
