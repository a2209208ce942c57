"""Causes: explanations of several findings at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import msgspec

from kastellan.model.finding import CheckResult, Finding
from kastellan.model.snapshot import Snapshot, Supplied
from kastellan.model.subject import Subject
from kastellan.model.table import Table

T = TypeVar("T", bound=Table)
Key = tuple[str, Subject]
"""A finding by its check and its subject."""


class CauseFound(msgspec.Struct, frozen=True, kw_only=True):
    """One cause that holds now.

    `rests_on` are the findings by which it shows itself; `explains` those of which it is the reason. `against` are
    observations that speak against it. `expected` says that somebody does this on purpose: what it explains is no
    alarm while it lasts, unless clients are hurt.
    """

    cause: str
    subject: Subject
    title: str
    says: str
    rests_on: tuple[Key, ...] = ()
    explains: tuple[Key, ...] = ()
    against: tuple[str, ...] = ()
    expected: bool = False
    do: str = ""
    do_not: str = ""
    undo: str = ""
    verify: str = ""


class Symptoms(Supplied):
    """The findings of all checks, for a cause to choose from."""

    def __init__(self, results: Iterable[CheckResult]) -> None:
        self._by_check: dict[str, dict[Subject, Finding]] = {
            result.check: {each.subject: each for each in result.findings} for result in results
        }

    def of(self, check: str) -> Mapping[Subject, Finding]:
        """The findings of one check by subject; empty when it found nothing or did not run."""
        return self._by_check.get(check, {})

    def keys(self, checks: Iterable[str], about: Callable[[Subject], bool]) -> tuple[Key, ...]:
        """The findings of these checks on subjects that `about` accepts."""
        return tuple((check, subject) for check in checks for subject in self.of(check) if about(subject))

    def following(self, roots: Iterable[Key]) -> tuple[Key, ...]:
        """The findings that say themselves, directly or by another one, that they follow from one of these."""
        reached = dict.fromkeys(roots)
        given = set(reached)
        found: dict[Key, None] = {}
        grown = True
        while grown:
            grown = False
            for check, findings in self._by_check.items():
                for subject, each in findings.items():
                    key = (check, subject)
                    if key not in reached and any(cause in reached for cause in each.explained_by):
                        reached[key] = found[key] = None
                        grown = True
        return tuple(each for each in found if each not in given)


class EarlierLooks(Supplied):
    """The earlier looks that a snapshot knows, for causes that show only over time."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.now_ms = snapshot.at_ms
        self._looks = sorted(snapshot.earlier, key=lambda each: each.at_ms)

    def tables(self, kind: type[T], within_s: float) -> list[tuple[int, T]]:
        """The table of this class in each earlier look of the last seconds, with its time, oldest first."""
        young = (each for each in self._looks if self.now_ms - each.at_ms <= within_s * 1000)
        found = ((each.at_ms, each.table(kind)) for each in young)
        return [(at_ms, table) for at_ms, table in found if table is not None]
