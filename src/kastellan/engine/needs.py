"""Needs are values in annotations: they drive collection and are resolved before a check or view runs.

A parameter of a check or view asks, by its annotation, for

* a table (`Replicas`) or a view's frame (`Lag`),
* the same of an earlier look: `Annotated[Offsets, Earlier(min_s=30)]`,
* configs by wanted keys: `Annotated[TopicConfigs, Keys("min.insync.replicas")]`,
* the `Moment` of the look (also an earlier one),
* a declared setting, by its name, where the annotation is a plain number, text or flag.

A need with `| None` is optional: it is None where it cannot be met. What is optional may sharpen a severity or a
fact; it never decides a verdict, and so what it could not enumerate casts no doubt on one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec.structs import astuple

from kastellan.kernel.errors import Defect
from kastellan.model.snapshot import Moment, Snapshot, Supplied
from kastellan.model.table import Table, Unseen


class Earlier(msgspec.Struct, frozen=True):
    """The wanted thing as it was at least `min_s` seconds before.

    `setting` names the setting of the check that, where it is given, takes the place of `min_s`.
    """

    min_s: float
    setting: str | None = None

    def seconds(self, settings: Mapping[str, float]) -> float:
        """How old the look must be at least under these settings."""
        return settings.get(self.setting, self.min_s) if self.setting else self.min_s


ALL = "*"
"""As a key of `Keys`: every config that there is. Costs ten times as much: for what a person asks, never for a check."""


class Keys:
    """The config keys that are wanted of a config table; `ALL` stands for every one."""

    __slots__ = ("names",)

    def __init__(self, *names: str) -> None:
        self.names = names


class Need(msgspec.Struct, frozen=True):
    """One parameter's need."""

    parameter: str
    wanted: type[Table | Moment]
    earlier: Earlier | None = None
    keys: Keys | None = None
    optional: bool = False


class Missing(msgspec.Struct, frozen=True):
    """A need that this snapshot cannot meet, and why."""

    reason: str


EARLIER_LOOK = "needs an earlier look"
"""How the reason of a Missing begins where only time is lacking."""

Views = Mapping[type[Table], Callable[..., Table]]
_SETTING_TYPES = (int, float, str, bool)


@cache
def needs_of(function: Callable[..., object]) -> tuple[Need, ...]:
    """The needs of a check's or view's parameters, in order; settings are not among them."""
    hints = get_type_hints(function, include_extras=True)
    hints.pop("return", None)
    needs: list[Need] = []
    for parameter, told in hints.items():
        hint, optional = _unwrapped(told)
        extras = getattr(hint, "__metadata__", ())
        wanted = hint.__origin__ if extras else hint
        if wanted in _SETTING_TYPES or (isinstance(wanted, type) and issubclass(wanted, Supplied)):
            continue
        if not (isinstance(wanted, type) and (wanted is Moment or issubclass(wanted, Table))):
            msg = f"{function.__module__}: parameter {parameter} asks for {hint}, which is no table, view or setting"
            raise Defect(msg)
        needs.append(
            Need(
                parameter,
                wanted,
                next((each for each in extras if isinstance(each, Earlier)), None),
                next((each for each in extras if isinstance(each, Keys)), None),
                optional,
            )
        )
    return tuple(needs)


def _unwrapped(hint: Any) -> tuple[Any, bool]:  # noqa: ANN401
    """The annotation without its `| None`, and whether it had one."""
    if get_origin(hint) not in {Union, UnionType}:
        return hint, False
    inner = [each for each in get_args(hint) if each is not NoneType]
    return (inner[0], True) if len(inner) == 1 else (hint, False)


class Wanted(msgspec.Struct, frozen=True):
    """What a set of checks and views needs to have collected.

    `whole_topics` names the topics of which every config is asked, `producers_of` those whose producers are: both are on
    request of a person only, never by a need. `timed_groups` names the groups of which commit times are asked where that
    table is wanted; none means all.
    """

    tables: frozenset[str]
    topic_keys: frozenset[str] = frozenset()
    broker_keys: frozenset[str] = frozenset()
    whole_topics: frozenset[str] = frozenset()
    producers_of: frozenset[str] = frozenset()
    timed_groups: frozenset[str] = frozenset()

    def __or__(self, other: Wanted) -> Wanted:
        return Wanted(*(ours | theirs for ours, theirs in zip(astuple(self), astuple(other), strict=True)))


def wanted_by(functions: Iterable[Callable[..., object]], views: Views) -> Wanted:
    """The tables and config keys that these functions need, through views."""
    todo, seen = list(functions), set[Callable[..., object]]()
    tables, topic_keys, broker_keys = set[str](), set[str](), set[str]()
    while todo:
        function = todo.pop()
        if function in seen:
            continue
        seen.add(function)
        for need in needs_of(function):
            wanted = need.wanted
            if not issubclass(wanted, Table):
                continue
            if wanted in views:
                todo.append(views[wanted])
                continue
            tables.add(wanted.name)
            if need.keys:
                {"topic_configs": topic_keys, "broker_configs": broker_keys}[wanted.name].update(need.keys.names)
    return Wanted(frozenset(tables), frozenset(topic_keys), frozenset(broker_keys))


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

    def get(self, need: Need, settings: Mapping[str, float] | None = None) -> Table | Moment | Missing:
        """What one need asks for."""
        if need.earlier is None:
            return self._table(need.wanted) if issubclass(need.wanted, Table) else Moment(self._snapshot.at_ms)
        min_s = need.earlier.seconds(settings or {})
        look = self._snapshot.look_before(min_s)
        if look is None:
            return Missing(f"{EARLIER_LOOK}; look again in {min_s:g} s, or use --watch")
        before = self._before.setdefault(look.at_ms, Resolver(look, self._views))
        return before.get(Need(need.parameter, need.wanted, None, need.keys))

    def _table(self, wanted: type[Table]) -> Table | Missing:
        if wanted not in self._made:
            view = self._views.get(wanted)
            self._made[wanted] = self._view(view) if view else self._collected(wanted)
        return self._made[wanted]

    def _collected(self, wanted: type[Table]) -> Table | Missing:
        table = self._snapshot.table(wanted)
        return Missing(f"{wanted.name} was not collected") if table is None else table

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
