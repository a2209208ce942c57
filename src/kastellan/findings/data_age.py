"""The age of the release data on which checks rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kastellan.engine.needs import Views, needs_of
from kastellan.model.table import Table
from kastellan.reference.releases import OLD_AFTER_DAYS, ReleaseData


def release_age_note(functions: Iterable[Callable[..., object]], views: Views, at_ms: int) -> str | None:
    """The sentence about the age of the release data at that time, where one of these functions needs it; else None."""
    data = views.releases
    days = data.age_days(at_ms)
    if days <= OLD_AFTER_DAYS or not any(_needs_releases(function, views) for function in functions):
        return None
    return f"the release data is of {data.as_of} and {days} days old: newer releases and vulnerabilities are not in it"


def _needs_releases(function: Callable[..., object], views: Views) -> bool:
    for need in needs_of(function):
        if need.wanted is ReleaseData:
            return True
        view = views.get(need.wanted) if issubclass(need.wanted, Table) else None
        if view is not None and _needs_releases(view, views):
            return True
    return False
