"""Which tables of which earlier snapshots a plan of checks compares with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from kastellan.checks.evaluate import settings_of
from kastellan.engine.needs import Earlier, Views, needs_of
from kastellan.findings.check_plan import CheckPlan
from kastellan.model.retention import newest_of_age
from kastellan.model.table import Table
from kastellan.model.tables.brokers import Brokers

CAUSES_S = 3_600.0
"""Causes that show only over time, a roll above all, look at the brokers of the last hour."""
_EXAMINATION_MS = 30_000
ALWAYS = frozenset({Brokers.name})
"""Tables of every earlier snapshot that causes look at."""


class HistoryNeeds(msgspec.Struct, frozen=True):
    """For every age in seconds the tables that checks compare with: the newest snapshot of at least that age has to have them."""

    tables_by_age_s: Mapping[float, frozenset[str]]

    @property
    def tables(self) -> frozenset[str]:
        """The tables that some check or cause compares with, at whatever age."""
        return ALWAYS.union(*self.tables_by_age_s.values())

    @property
    def ages_s(self) -> frozenset[float]:
        """The ages that checks compare with."""
        return frozenset(self.tables_by_age_s)

    @property
    def oldest_s(self) -> float:
        """How far checks and causes look back."""
        return max((CAUSES_S, *self.tables_by_age_s))

    def tables_at(self, times: Sequence[int]) -> dict[int, frozenset[str]]:
        """For every time but the first, of times newest first: which tables of that snapshot the first one is compared with.

        A snapshot that is only just too young for a check has the tables as well: it is old enough for the last look of an
        examination that takes its time.
        """
        tables = {time: set(ALWAYS) for time in times[1:]}
        for age_s, names in self.tables_by_age_s.items():
            needed = newest_of_age(times, age_s)
            for time, names_there in tables.items():
                young_ms = age_s * 1000 - (times[0] - time)
                if time == needed or 0 < young_ms <= _EXAMINATION_MS:
                    names_there.update(names)
        return {time: frozenset(names) for time, names in tables.items()}


def history_needs(plan: CheckPlan) -> HistoryNeeds:
    """What the checks of a plan compare with, under its settings."""
    tables: dict[float, set[str]] = defaultdict(set)
    for name, registered in plan.checks.items():
        settings = settings_of(registered.check, plan.settings.get(name, {}))
        for table, earlier in earlier_tables(registered.evaluate, plan.views):
            tables[earlier.seconds(settings)].add(table)
    return HistoryNeeds({age_s: frozenset(names) for age_s, names in tables.items()})


def earlier_tables(evaluate: Callable[..., object], views: Views) -> Iterator[tuple[str, Earlier]]:
    """The tables of earlier snapshots that a check needs, through views, each with the age that it needs."""
    todo: list[tuple[Callable[..., object], Earlier | None]] = [(evaluate, None)]
    visited: set[tuple[Callable[..., object], Earlier | None]] = set()
    while todo:
        function, earlier = todo.pop()
        if (function, earlier) in visited:
            continue
        visited.add((function, earlier))
        for need in needs_of(function):
            age, wanted = need.earlier or earlier, need.wanted
            if not issubclass(wanted, Table):
                continue
            if wanted in views:
                todo.append((views[wanted], age))
            elif age is not None:
                yield wanted.name, age
