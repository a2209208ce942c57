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
            result.check: {finding.subject: finding for finding in result.findings} for result in results
        }

    def of(self, check: str) -> Mapping[Subject, Finding]:
        """The findings of one check by subject; empty when it found nothing or did not run."""
        return self._by_check.get(check, {})

    def keys(self, checks: Iterable[str], about: Callable[[Subject], bool]) -> tuple[Key, ...]:
        """The findings of these checks on subjects that `about` accepts."""
        return tuple((check, subject) for check in checks for subject in self.of(check) if about(subject))

    def following(self, roots: Iterable[Key]) -> tuple[Key, ...]:
        """The findings that follow from one of these, directly or through another finding."""
        reached = dict.fromkeys(roots)
        start = set(reached)
        keys: dict[Key, None] = {}
        grown = True
        while grown:
            grown = False
            for check, findings in self._by_check.items():
                for subject, finding in findings.items():
                    key = (check, subject)
                    if key not in reached and any(cause in reached for cause in finding.explained_by):
                        reached[key] = keys[key] = None
                        grown = True
        return tuple(key for key in keys if key not in start)


class EarlierLooks(Supplied):
    """The earlier snapshots, for causes that show only over time."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.now_ms = snapshot.at_ms
        self._looks = sorted(snapshot.earlier, key=lambda look: look.at_ms)

    def tables(self, kind: type[T], within_s: float) -> list[tuple[int, T]]:
        """The table of this class in each earlier snapshot of the last seconds, with its time, oldest first."""
        young = (look for look in self._looks if self.now_ms - look.at_ms <= within_s * 1000)
        tables = ((look.at_ms, look.table(kind)) for look in young)
        return [(at_ms, table) for at_ms, table in tables if table is not None]
