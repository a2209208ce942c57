"""Get the members of a kind, with what was not seen of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

import msgspec
import polars as pl

from kastellan.app.incomplete_answers import incomplete_answers
from kastellan.app.lists.catalogue import LISTS
from kastellan.app.lists.list_spec import ListSpec
from kastellan.app.observe import observe
from kastellan.app.query import Query, apply_query, column_named, is_pattern, names_like
from kastellan.engine.requests import TableRequests, requests_of, tables_of
from kastellan.engine.resolver import Missing, Resolver, unseen_of
from kastellan.findings.unseen_text import bad_answers
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import BadInput
from kastellan.kernel.near_names import near_hint
from kastellan.kernel.outcome import State
from kastellan.kernel.units import plural
from kastellan.model.answer import Answer
from kastellan.model.finding import Fact
from kastellan.model.snapshot import Snapshot
from kastellan.model.table import Table, Unseen
from kastellan.ports import Source
from kastellan.views.catalogue import all_views

_ALL = "all"
_NOT_ANSWERED = frozenset({State.FAILED, State.PARTIAL, State.DENIED, State.THROTTLED})


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of a list; null is a value that was not seen, except where `is_absent` says that it does not apply."""

    of: str
    at_ms: int
    cluster_id: str | None
    frame: pl.DataFrame
    shown: tuple[str, ...]
    may_be_empty: frozenset[str]
    absent_where: Mapping[str, tuple[str, str | bool]] = MappingProxyType({})
    unseen: tuple[Unseen, ...]
    incomplete_answers: tuple[Answer, ...]
    notes: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of all columns."""
        return tuple(self.frame.columns)

    @property
    def rows(self) -> tuple[dict[str, Fact], ...]:
        """The rows as values by column; built on each access."""
        return tuple(self.frame.iter_rows(named=True))

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why something is missing, one line for each peer and trouble."""
        return tuple(bad_answers(self.incomplete_answers))

    def is_absent(self, column: str, row: Mapping[str, Fact]) -> bool:
        """A null of this column in this row does not apply, and was not missed."""
        if column in self.may_be_empty:
            return True
        where = self.absent_where.get(column)
        return where is not None and row.get(where[0]) == where[1]

    @property
    def too_little_seen(self) -> bool:
        """A value that is shown, or perhaps a row, is missing because a request was not answered."""
        if not self.frame.height and self.unseen:
            return True
        if not any(answer.state in _NOT_ANSWERED for answer in self.incomplete_answers):
            return False
        return bool(self.unseen) or any(
            row[column] is None and not self.is_absent(column, row) for row in self.rows for column in self.shown
        )


def list_called(typed: str) -> str:
    """The list of this name or alias, however it is written. Raises BadInput with the near ones."""
    name = typed.strip().lower().replace("_", "-")
    for list_name, spec in LISTS.items():
        if not spec.hidden and name in {list_name, *spec.aliases}:
            return list_name
    words = [word for list_name, spec in LISTS.items() if not spec.hidden for word in (list_name, *spec.aliases)]
    shown = [list_name for list_name, spec in LISTS.items() if not spec.hidden]
    hint = near_hint(name, words, f"there are {', '.join(shown)}")
    raise BadInput(f"nothing is called {typed[:40]!r} here; {hint}")


def requests_for(name: str, member: str | None = None) -> TableRequests:
    """What the list needs to have collected, less where one member is named. Raises BadInput where a name is needed."""
    spec = LISTS[name]
    if spec.name_needed and member is None:
        raise BadInput(spec.name_needed)
    requests = requests_of([spec.rows], all_views())
    return spec.narrowed(requests, member) if spec.narrowed and member is not None and not is_pattern(member) else requests


async def get(
    source: Source,
    name: str,
    member: str | None,
    timeout_s: float,
    query: Query | None = None,
    on_tables: Callable[[Mapping[str, Table]], None] | None = None,
) -> Listing:
    """The list from a live cluster. Raises Unreachable when nothing answered, BadInput for a member that is not there.

    `on_tables` gets the tables of the look before anything of it is selected.
    """
    snapshot = await observe(source, requests_for(name, member), Deadline.after(timeout_s))
    if on_tables is not None:
        on_tables(snapshot.tables)
    return build_listing(snapshot, name, member, query=query)


def build_listing(
    snapshot: Snapshot, name: str, member: str | None, notes: tuple[str, ...] = (), query: Query | None = None
) -> Listing:
    """The list from a snapshot, of one member where it is named, or of those that a pattern with * and ? names."""
    spec, typed = LISTS[name], query or Query()
    requests_for(name, member)
    arguments = Resolver(snapshot, all_views()).arguments(spec.rows)
    if isinstance(arguments, Missing):
        raise BadInput(f"{name} cannot be shown: {arguments.reason}; save a new snapshot or use the live cluster")
    frame = spec.rows(**arguments)
    unseen = unseen_of(arguments.values())
    if member is not None:
        frame = _select_members(frame, spec, member, unseen)
    called_for = tuple(spec.notes(frame)) if spec.notes else ()
    frame, more = apply_query(frame, typed, spec.absent)
    return Listing(
        of=name,
        at_ms=snapshot.at_ms,
        cluster_id=snapshot.cluster_id,
        frame=frame,
        shown=_shown_columns(spec, frame, typed.columns),
        may_be_empty=spec.may_be_empty,
        absent_where=spec.absent_where,
        unseen=unseen,
        incomplete_answers=incomplete_answers(snapshot, _tables_of(snapshot, name), spec.told_by),
        notes=(*notes, *called_for, *more, *(_cost(snapshot) if spec.costs else ())),
    )


def _cost(snapshot: Snapshot) -> tuple[str, ...]:
    """What the look took, where it was taken with questions that are not always asked."""
    asked_for = snapshot.cost.by_request.get("ListOffsets", 0)
    total = plural(snapshot.cost.requests, "request")
    return (f"the look took {total}, {asked_for} of them ListOffsets; ages are by our clock against the records' timestamps",)


def _shown_columns(spec: ListSpec, frame: pl.DataFrame, columns: Iterable[str]) -> tuple[str, ...]:
    chosen = tuple(columns)
    if not chosen:
        return spec.shown
    if chosen == (_ALL,):
        return tuple(column for column in frame.columns if column != "answer")
    return tuple(column_named(typed_name, frame.columns) for typed_name in chosen)


def _tables_of(snapshot: Snapshot, name: str) -> list[Table]:
    """The tables of the look that the list is made of, also by views."""
    return [
        snapshot.tables[list_name]
        for list_name in tables_of(requests_of([LISTS[name].rows], all_views())) & snapshot.tables.keys()
    ]


def _select_members(frame: pl.DataFrame, spec: ListSpec, member: str, unseen: tuple[Unseen, ...]) -> pl.DataFrame:
    text = pl.col(spec.named).cast(pl.String)
    names = frame.select(text.unique()).to_series().drop_nulls().to_list()
    # Blanks at an end are part of a group's id: only where nothing is called so they are taken for a slip.
    exact = member if member in names else member.strip()
    matched = names_like(member, names) if is_pattern(member) else [name for name in names if name == exact]
    if matched:
        return frame.filter(text.is_in(matched))
    if any(gap.roster == spec.named for gap in unseen):
        raise BadInput(f"no {spec.word} called {member[:80]!r} was seen, and not all {spec.word}s could be listed; look again")
    hint = near_hint(member, names, f"{len(names)} {spec.word}s are known: leave the name out to list them")
    raise BadInput(f"no {spec.word} is called {member[:80]!r}; {hint}")
