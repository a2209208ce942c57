"""Dated data that comes with Kastellan and ages, and in whose place a newer file can be put."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, date, datetime
from importlib import resources
from typing import Generic, TypeVar

T = TypeVar("T")

_MS_A_DAY = 86_400_000


class Dated(Generic[T]):
    """One such file: read when it is first asked for, unless other data was put in force in this context."""

    def __init__(self, file: str, called: str, parse: Callable[[bytes, str], T]) -> None:
        self._file = file
        self._called = called
        self._parse = parse
        self._packaged: T | None = None
        self._in_force: ContextVar[T | None] = ContextVar(f"kastellan.{file}", default=None)

    def packaged(self) -> T:
        """The data that came with this Kastellan."""
        if self._packaged is None:
            self._packaged = self._parse(resources.files("kastellan.reference").joinpath(self._file).read_bytes(), self._called)
        return self._packaged

    def in_force(self) -> T:
        """The data that counts: the packaged one, unless `use` was called in this context."""
        return self._in_force.get() or self.packaged()

    def use(self, data: T | None) -> None:
        """From now on this data is in force in this context; None goes back to the packaged one."""
        self._in_force.set(data)


def age_days(as_of: date, at_ms: int) -> int:
    """How many whole days old data of this day is at that time; 0 where the day lies ahead of it.

    >>> age_days(date(2026, 11, 1), 1_793_923_200_000)
    5
    """
    as_of_ms = int(datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC).timestamp() * 1000)
    return max(0, (at_ms - as_of_ms) // _MS_A_DAY)
