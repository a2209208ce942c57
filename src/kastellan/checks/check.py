"""What a check declares, and what its function returns."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, cast

import msgspec

from kastellan.kernel.units import bytes_text, count_text, duration_text
from kastellan.model.finding import Severity
from kastellan.model.subject import KINDS

if TYPE_CHECKING:
    # Loaded by what makes frames: `kastellan explain` reads declarations, and does without the tenth of a second.
    import polars as pl

    from kastellan.model.table import Table


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """A number that the user may set, with its unit, default and bounds."""

    name: str
    default: float
    unit: str
    meaning: str
    low: float
    high: float


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """The declaration of one judgement.

    `observed`, `expected` and `impact` are templates over the facts (columns) that the function returned; the format
    specs `bytes`, `duration` (of ms) and `count` print quantities. `follows_from` names the checks of whose findings
    this one is a consequence. `monotone` says that a failing subject stays failing however many more rows are seen.
    `meaningless_without` names tables without which the question has no meaning: where the cluster answers that it
    does not support what fills one of them, the check is not applicable (a metadata quorum under ZooKeeper).
    `id` is frozen for ever and equals the file's place: family.name.
    """

    id: str
    title: str
    severity: Severity
    observed: str
    expected: str
    impact: str
    do: str
    do_not: str
    verify: str
    undo: str = "Nothing was changed."
    follows_from: tuple[str, ...] = ()
    settings: tuple[Setting, ...] = ()
    monotone: bool = False
    meaningless_without: tuple[type[Table], ...] = ()
    kafka: str = "2.1 or newer"
    references: tuple[str, ...] = ()
    since: str = "0.1"
    proven_by: str | None = None

    @property
    def family(self) -> str:
        """The folder: replication, controller, storage, ..."""
        return self.id.partition(".")[0]

    @property
    def defaults(self) -> dict[str, float]:
        """The settings' default values by name."""
        return {setting.name: setting.default for setting in self.settings}


RESERVED = frozenset({"fails", "applies", "severity", "blames", "why", "waits"})
"""Columns of a Judged frame with a meaning of their own; every other one is a fact."""


class Verdicts(msgspec.Struct, frozen=True):
    """Every subject of a kind with a nullable `fails`; a check never filters.

    Columns: the kind's key; `fails` (true, false, null for unseen); optionally `applies` (false: not applicable),
    `severity` (overrides the declared one for a row), `blames` (list of broker ids whose trouble would explain the
    row), `why` (reason where `fails` is null), `waits` (true where only an earlier snapshot is lacking). Every other
    column is a fact for the templates and the JSON.
    """

    kind: str
    frame: pl.LazyFrame | pl.DataFrame

    @property
    def key(self) -> tuple[str, ...]:
        """The key columns of the kind."""
        return KINDS[self.kind].key

    @classmethod
    def rows(cls, kind: str, rows: Iterable[Mapping[str, Any]], facts: Sequence[str] = ()) -> Verdicts:
        """From one mapping per subject, for small tables; `facts` names the columns in case there are no rows."""
        import polars as pl  # noqa: PLC0415  (see above)

        listed = list(rows)
        if listed:
            return cls(kind, pl.DataFrame(listed, infer_schema_length=None))
        empty = {**dict.fromkeys(KINDS[kind].key, pl.Null), "fails": pl.Boolean, **dict.fromkeys(facts, pl.Null)}
        return cls(kind, pl.DataFrame(schema=empty))

    @classmethod
    def cluster(cls, *, fails: bool | None, **facts: Any) -> Verdicts:  # noqa: ANN401
        """The verdict on the whole cluster."""
        return cls.rows("cluster", [{"fails": fails, **facts}])


_SPECS: Mapping[str, Callable[[Any], str]] = {"bytes": bytes_text, "duration": duration_text, "count": count_text}


@cache
def _pieces(template: str) -> tuple[tuple[str, str | None, str], ...]:
    """The template's literal texts, each with the name and the format spec of the fact behind it."""
    return tuple((text, name, spec or "") for text, name, spec, _ in string.Formatter().parse(template))


def _format_value(value: Any, spec: str) -> str:  # noqa: ANN401
    if value is None:
        return "?"
    if spec in _SPECS:
        return _SPECS[spec](value)
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(map(str, cast("Iterable[object]", value)))
    return format(value, spec)


def sentence(template: str, facts: Mapping[str, Any]) -> str:
    """The template filled with facts; one that is null is told as "?".

    >>> sentence("{free_bytes:bytes} free on {brokers}", {"free_bytes": 2048, "brokers": [1, 2]})
    '2 KiB free on 1, 2'
    """
    values = [facts[name] for _, name, _ in _pieces(template) if name is not None]
    try:
        return _fill(template, *values)
    except TypeError:  # a list has no hash
        return _fill.__wrapped__(template, *values)


@lru_cache(maxsize=1024, typed=True)
def _fill(template: str, *values: Any) -> str:  # noqa: ANN401
    """The template with its values in order; thousands of findings share a few sentences."""
    left = iter(values)
    return "".join(text if name is None else text + _format_value(next(left), spec) for text, name, spec in _pieces(template))
