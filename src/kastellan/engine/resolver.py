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
        self._made: dict[type[Table], Table | Missing] = {}
        self._before: dict[int, Resolver] = {}

    def arguments(
        self,
        function: Callable[..., object],
        settings: Mapping[str, float] | None = None,
        given: Mapping[type[Supplied], Supplied] | None = None,
    ) -> dict[str, Any] | Missing:
        """The function's needs as keyword arguments, or the first one that cannot be met.

        `settings` are those of the check; they may say how old an earlier look must be. `given` is what the caller
        hands in, by type.
        """
        found = _handed_in(function, given) if given else dict[str, Any]()
        for need in needs_of(function):
            value = self.get(need, settings)
            if isinstance(value, Missing):
                if not need.optional:
                    return value
                value = None
            found[need.parameter] = value
        return found

    def get(self, need: Need, settings: Mapping[str, float] | None = None) -> Table | Moment | ReleaseData | Missing:
        """What one need asks for."""
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
        if wanted not in self._made:
            view = self._views.get(wanted)
            self._made[wanted] = self._view(view) if view else self._collected(wanted)
        return self._made[wanted]

    def _collected(self, wanted: type[Table]) -> Table | Missing:
        table = self._snapshot.table(wanted)
        return Missing(MissingKind.NOT_COLLECTED, table=wanted.name) if table is None else table

    def _view(self, view: Callable[..., Table]) -> Table | Missing:
        arguments = self.arguments(view)
        if isinstance(arguments, Missing):
            return arguments
        made = view(**arguments)
        return made.with_unseen(unseen_of(deciding(view, arguments)))


def _handed_in(function: Callable[..., object], given: Mapping[type[Supplied], Supplied]) -> dict[str, Any]:
    return {name: given[hint] for name, hint in get_type_hints(function).items() if hint in given}


def deciding(function: Callable[..., object], arguments: Mapping[str, Any]) -> list[Table]:
    """The tables among the arguments that a verdict may rest on: those of the needs that are not optional."""
    found = (arguments[each.parameter] for each in needs_of(function) if not each.optional)
    return [each for each in found if isinstance(each, Table)]


def of_this_look(function: Callable[..., object], arguments: Mapping[str, Any]) -> list[Table]:
    """The tables among the arguments whose Answers are those of this look; an earlier look has ids of its own."""
    found = (arguments[each.parameter] for each in needs_of(function) if each.earlier is None)
    return [each for each in found if isinstance(each, Table)]


def unseen_of(values: Iterable[object]) -> tuple[Unseen, ...]:
    """What these tables could not enumerate, each once."""
    return tuple(dict.fromkeys(each for value in values if isinstance(value, Table) for each in value.unseen))
