"""Meets needs from a snapshot: the arguments of checks and views, or what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, get_type_hints

import msgspec

from kastellan.engine.needs import Need, Views, needs_of
from kastellan.model.snapshot import Moment, Snapshot, Supplied
from kastellan.model.table import Table, Unseen
from kastellan.reference.releases import ReleaseData


class MissingKind(StrEnum):
    """Why a need cannot be met."""

    EARLIER_LOOK = "earlier-look"
    """No snapshot is old enough to compare with; a later run meets the need."""
    NOT_COLLECTED = "not-collected"
    """The snapshot does not hold the table."""


class Missing(msgspec.Struct, frozen=True):
    """A need that this snapshot cannot meet, and why.

    `min_s` is the age in seconds that the earlier snapshot needs, `table` the name of the table that is not there.
    """

    kind: MissingKind
    table: str = ""
    min_s: float = 0.0

    @property
    def reason(self) -> str:
        """The cause as a sentence for a person."""
        if self.kind is MissingKind.EARLIER_LOOK:
            return f"needs an earlier look; look again in {self.min_s:g} s, or use --watch"
        return f"{self.table} was not collected"


class Resolver:
    """Meets needs from one snapshot; views are computed once.

    A view's frame carries what its inputs could not enumerate.
    """

    def __init__(self, snapshot: Snapshot, views: Views) -> None:
        self._snapshot = snapshot
        self._views = views
        self._frames: dict[type[Table], Table | Missing] = {}
        self._before: dict[int, Resolver] = {}

    def arguments(
        self,
        function: Callable[..., object],
        settings: Mapping[str, float] | None = None,
        supplied: Mapping[type[Supplied], Supplied] | None = None,
    ) -> dict[str, Any] | Missing:
        """The function's needs as keyword arguments, or the first one that cannot be met.

        `settings` are those of the check; they may set the age of an earlier snapshot. `supplied` holds the values that
        the caller passes in, by type.
        """
        arguments = _supplied_arguments(function, supplied) if supplied else dict[str, Any]()
        for need in needs_of(function):
            value = self.get(need, settings)
            if isinstance(value, Missing):
                if not need.optional:
                    return value
                value = None
            arguments[need.parameter] = value
        return arguments

    def get(self, need: Need, settings: Mapping[str, float] | None = None) -> Table | Moment | ReleaseData | Missing:
        """The value of one need, or why it is missing."""
        if need.earlier is None:
            return self._now(need.wanted)
        min_s = need.earlier.seconds(settings or {})
        look = self._snapshot.look_before(min_s)
        if look is None:
            return Missing(MissingKind.EARLIER_LOOK, min_s=min_s)
        before = self._before.setdefault(look.at_ms, Resolver(look, self._views))
        return before.get(Need(need.parameter, need.wanted, None, need.keys))

    def _now(self, wanted: type[Table | Moment | ReleaseData]) -> Table | Moment | ReleaseData | Missing:
        if issubclass(wanted, Table):
            return self._table(wanted)
        return Moment(self._snapshot.at_ms) if wanted is Moment else self._views.releases

    def _table(self, wanted: type[Table]) -> Table | Missing:
        if wanted not in self._frames:
            view = self._views.get(wanted)
            self._frames[wanted] = self._view(view) if view else self._collected_table(wanted)
        return self._frames[wanted]

    def _collected_table(self, wanted: type[Table]) -> Table | Missing:
        table = self._snapshot.table(wanted)
        return Missing(MissingKind.NOT_COLLECTED, table=wanted.name) if table is None else table

    def _view(self, view: Callable[..., Table]) -> Table | Missing:
        arguments = self.arguments(view)
        if isinstance(arguments, Missing):
            return arguments
        frame = view(**arguments)
        return frame.with_unseen(unseen_of(deciding(view, arguments)))


def _supplied_arguments(function: Callable[..., object], supplied: Mapping[type[Supplied], Supplied]) -> dict[str, Any]:
    return {name: supplied[hint] for name, hint in get_type_hints(function).items() if hint in supplied}


def deciding(function: Callable[..., object], arguments: Mapping[str, Any]) -> list[Table]:
    """The tables among the arguments that a verdict may rest on: those of the needs that are not optional."""
    tables = (arguments[need.parameter] for need in needs_of(function) if not need.optional)
    return [table for table in tables if isinstance(table, Table)]


def of_this_look(function: Callable[..., object], arguments: Mapping[str, Any]) -> list[Table]:
    """The tables among the arguments whose Answers are those of this snapshot; an earlier snapshot has its own ids."""
    tables = (arguments[need.parameter] for need in needs_of(function) if need.earlier is None)
    return [table for table in tables if isinstance(table, Table)]


def unseen_of(values: Iterable[object]) -> tuple[Unseen, ...]:
    """The members that these tables could not enumerate, without duplicates."""
    return tuple(dict.fromkeys(unseen for value in values if isinstance(value, Table) for unseen in value.unseen))
