"""Needs are values in annotations: they drive collection and are resolved before a check or view runs.

A parameter of a check or view asks, by its annotation, for

* a table (`Replicas`) or a view's frame (`Lag`),
* the same of an earlier snapshot: `Annotated[Offsets, Earlier(min_s=30)]`,
* configs by wanted keys: `Annotated[TopicConfigs, Keys("min.insync.replicas")]`,
* the `Moment` of the look (also an earlier one),
* the `ReleaseData` of Kafka's releases, which the views carry,
* a declared setting, by its name, where the annotation is a plain number, text or flag.

A need with `| None` is optional: it is None where it cannot be met. What is optional may sharpen a severity or a
fact; it never decides a verdict, and so what it could not enumerate casts no doubt on one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec

from kastellan.kernel.errors import Defect
from kastellan.model.snapshot import Moment, Supplied
from kastellan.model.table import Table
from kastellan.reference.releases import ReleaseData


class Earlier(msgspec.Struct, frozen=True):
    """The table or time as it was at least `min_s` seconds before.

    `setting` names the setting of the check that overrides `min_s`.
    """

    min_s: float
    setting: str | None = None

    def seconds(self, settings: Mapping[str, float]) -> float:
        """The minimum age of the earlier snapshot under these settings, in seconds."""
        return settings.get(self.setting, self.min_s) if self.setting else self.min_s


ALL = "*"
"""As a key of `Keys`: every config that there is. Costs ten times as much: for what a person asks, never for a check."""


class Keys:
    """The requested keys of a config table; `ALL` requests every key.

    `of_releases` adds keys that depend on the release data.
    """

    __slots__ = ("_names", "_of_releases")

    def __init__(self, *names: str, of_releases: Callable[[ReleaseData], Iterable[str]] | None = None) -> None:
        self._names = names
        self._of_releases = of_releases

    def names(self, views: Views) -> tuple[str, ...]:
        """The keys, with the release data of these views."""
        return self._names if self._of_releases is None else (*self._names, *self._of_releases(views.releases))


class Need(msgspec.Struct, frozen=True):
    """The need that one parameter declares."""

    parameter: str
    wanted: type[Table | Moment | ReleaseData]
    earlier: Earlier | None = None
    keys: Keys | None = None
    optional: bool = False


class Views(Mapping[type[Table], Callable[..., Table]]):
    """The functions of derived tables by the class that they return, with the release data that they may ask for."""

    def __init__(self, functions: Mapping[type[Table], Callable[..., Table]], releases: ReleaseData | None = None) -> None:
        self._functions = functions
        self._releases = releases

    @property
    def releases(self) -> ReleaseData:
        """The release data. Raises Defect where the caller handed none in."""
        if self._releases is None:
            raise Defect("a view or check asks for release data, and none was handed in: give it to all_views()")
        return self._releases

    def __getitem__(self, kind: type[Table]) -> Callable[..., Table]:
        return self._functions[kind]

    def __iter__(self) -> Iterator[type[Table]]:
        return iter(self._functions)

    def __len__(self) -> int:
        return len(self._functions)


_SETTING_TYPES = (int, float, str, bool)


@cache
def needs_of(function: Callable[..., object]) -> tuple[Need, ...]:
    """The needs of a check's or view's parameters, in order; settings are not among them."""
    hints = get_type_hints(function, include_extras=True)
    hints.pop("return", None)
    needs: list[Need] = []
    for parameter, annotation in hints.items():
        hint, optional = _unwrap_optional(annotation)
        extras = getattr(hint, "__metadata__", ())
        wanted = hint.__origin__ if extras else hint
        if wanted in _SETTING_TYPES or (isinstance(wanted, type) and issubclass(wanted, Supplied)):
            continue
        if not (isinstance(wanted, type) and (wanted in {Moment, ReleaseData} or issubclass(wanted, Table))):
            msg = f"{function.__module__}: parameter {parameter} asks for {hint}, which is no table, view or setting"
            raise Defect(msg)
        needs.append(
            Need(
                parameter,
                wanted,
                next((extra for extra in extras if isinstance(extra, Earlier)), None),
                next((extra for extra in extras if isinstance(extra, Keys)), None),
                optional,
            )
        )
    return tuple(needs)


def _unwrap_optional(hint: Any) -> tuple[Any, bool]:  # noqa: ANN401
    """The annotation without its `| None`, and whether it had one."""
    if get_origin(hint) not in {Union, UnionType}:
        return hint, False
    inner = [argument for argument in get_args(hint) if argument is not NoneType]
    return (inner[0], True) if len(inner) == 1 else (hint, False)
