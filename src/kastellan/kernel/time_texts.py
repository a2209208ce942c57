"""Moments as people read them, always in UTC; everything else keeps epoch milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime


def moment_text(at_ms: int) -> str:
    """Date and time to the second.

    >>> moment_text(1_750_000_000_000)
    '2025-06-15 15:06:40Z'
    """
    return _format(at_ms, "%Y-%m-%d %H:%M:%SZ")


def minute_text(at_ms: int) -> str:
    """Date and time to the minute.

    >>> minute_text(1_750_000_000_000)
    '2025-06-15 15:06Z'
    """
    return _format(at_ms, "%Y-%m-%d %H:%MZ")


def clock_text(at_ms: int) -> str:
    """The time of day.

    >>> clock_text(1_750_000_000_000)
    '15:06:40Z'
    """
    return _format(at_ms, "%H:%M:%SZ")


def iso_text(at_ms: int) -> str:
    """The moment as XML and ISO 8601 have it, without a zone.

    >>> iso_text(1_750_000_000_000)
    '2025-06-15T15:06:40'
    """
    return _format(at_ms, "%Y-%m-%dT%H:%M:%S")


def _format(at_ms: int, form: str) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime(form)
