"""How far back an exam looks, and at which tables of the earlier looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kastellan.app.diagnose import CheckPlan
from kastellan.checks.evaluate import settings_of
from kastellan.engine.needs import Earlier, needs_of
from kastellan.model.table import Table
from kastellan.model.tables.brokers import Brokers
from kastellan.views.catalogue import all_views

CAUSES_S = 3_600.0
"""Causes that show only over time, a roll above all, look at the brokers of the last hour."""


def compared(evaluate: Callable[..., object]) -> Iterator[tuple[str, Earlier]]:
    """The tables of earlier looks that a check needs, through views."""
    views = all_views()
    todo: list[tuple[Callable[..., object], Earlier | None]] = [(evaluate, None)]
    seen: set[tuple[Callable[..., object], Earlier | None]] = set()
    while todo:
        function, earlier = todo.pop()
        if (function, earlier) in seen:
            continue
        seen.add((function, earlier))
        for need in needs_of(function):
            then, wanted = need.earlier or earlier, need.wanted
            if not issubclass(wanted, Table):
                continue
            if wanted in views:
                todo.append((views[wanted], then))
            elif then is not None:
                yield wanted.name, then


def reach(exam: CheckPlan) -> tuple[float, frozenset[str]]:
    """How far back checks and causes look, in seconds, and the tables that they compare."""
    oldest_s, tables = CAUSES_S, {Brokers.name}
    for name, judgement in exam.checks.items():
        settings = settings_of(judgement.check, exam.settings.get(name, {}))
        for table, earlier in compared(judgement.evaluate):
            tables.add(table)
            oldest_s = max(oldest_s, earlier.seconds(settings))
    return oldest_s, frozenset(tables)


def ages_s(exam: CheckPlan) -> frozenset[float]:
    """How old, in seconds, the looks must be that checks compare with: of each age the newest look serves."""
    found: set[float] = set()
    for name, judgement in exam.checks.items():
        settings = settings_of(judgement.check, exam.settings.get(name, {}))
        found |= {earlier.seconds(settings) for _, earlier in compared(judgement.evaluate)}
    return frozenset(found)
