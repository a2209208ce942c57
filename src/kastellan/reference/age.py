"""The age of dated data."""

from __future__ import annotations

from datetime import UTC, date, datetime

_MS_A_DAY = 86_400_000


def age_days(as_of: date, at_ms: int) -> int:
    """The age in whole days, at that time, of data of this day; 0 when the day lies in the future.

    >>> age_days(date(2026, 11, 1), 1_793_923_200_000)
    5
    """
    as_of_ms = int(datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC).timestamp() * 1000)
    return max(0, (at_ms - as_of_ms) // _MS_A_DAY)
