"""The names that somebody who mistyped one may have meant."""

from __future__ import annotations

from collections.abc import Iterable


def near_names(typed: str, names: Iterable[str]) -> tuple[str, ...]:
    """At most three of the names that are close to what was typed, the closest first.

    >>> near_names("topcs", ["groups", "topics", "brokers"])
    ('topics',)
    """
    import difflib  # noqa: PLC0415  (only a slip pays for it)

    return tuple(difflib.get_close_matches(typed, list(names), n=3, cutoff=0.6))


def near_hint(typed: str, names: Iterable[str], otherwise: str = "") -> str:
    """The near names as the end of a sentence; where there is none, `otherwise`.

    >>> near_hint("topcs", ["groups", "topics"]), near_hint("x", ["groups"], "there are groups")
    ('near are topics', 'there are groups')
    """
    near = near_names(typed, names)
    return f"near are {', '.join(near)}" if near else otherwise
