"""Describe one thing: all that is known of it, joined, from a live cluster or a saved snapshot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import ModuleType

import msgspec

import kastellan.app.descriptions
from kastellan.app.description import Attribute, Section
from kastellan.app.incomplete_answers import incomplete_answers
from kastellan.app.observe import observe
from kastellan.engine.requests import TableRequests, requests_of
from kastellan.engine.resolver import Missing, Resolver, unseen_of
from kastellan.findings.unseen_text import bad_answers
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import BadInput
from kastellan.kernel.folder import modules_in
from kastellan.kernel.near_names import near_hint
from kastellan.model.answer import Answer
from kastellan.model.snapshot import Snapshot
from kastellan.model.table import Table, Unseen
from kastellan.ports import Source
from kastellan.views.catalogue import all_views


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """One thing as it was seen."""

    kind: str
    name: str
    at_ms: int
    cluster_id: str | None
    facts: tuple[Attribute, ...]
    sections: tuple[Section, ...]
    unseen: tuple[Unseen, ...]
    incomplete_answers: tuple[Answer, ...]
    notes: tuple[str, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why something is missing, one line for each peer and trouble."""
        return tuple(bad_answers(self.incomplete_answers))


@cache
def description_modules() -> dict[str, ModuleType]:
    """The modules that describe, by the word for what they describe."""
    return {module.WORD: module for module in modules_in(kastellan.app.descriptions)}


def kind_called(typed: str) -> str:
    """The kind of this name, also in the plural. Raises BadInput with those that there are."""
    name = typed.strip().lower()
    for kind in description_modules():
        if name in {kind, f"{kind}s"}:
            return kind
    hint = near_hint(name, description_modules(), f"there are {', '.join(description_modules())}")
    raise BadInput(f"{typed[:40]!r} cannot be described; {hint}")


def requests_for(kind: str, name: str) -> TableRequests:
    """What must be collected to describe it."""
    module = description_modules()[kind]
    requests = requests_of([module.build], all_views())
    narrow = getattr(module, "narrow", None)
    return narrow(requests, name) if narrow is not None else requests


async def describe_live(
    source: Source, kind: str, name: str, timeout_s: float, on_tables: Callable[[Mapping[str, Table]], None] | None = None
) -> Description:
    """From a live cluster. Raises Unreachable when nothing answered, BadInput for a name that is not there.

    `on_tables` gets the tables of the look first.
    """
    snapshot = await observe(source, requests_for(kind, name), Deadline.after(timeout_s))
    if on_tables is not None:
        on_tables(snapshot.tables)
    return describe(snapshot, kind, name)


def describe(snapshot: Snapshot, kind: str, name: str, notes: tuple[str, ...] = ()) -> Description:
    """From a snapshot."""
    build = description_modules()[kind].build
    arguments = Resolver(snapshot, all_views()).arguments(build)
    if isinstance(arguments, Missing):
        raise BadInput(f"{kind} {name[:60]} cannot be described: {arguments.reason}; save a new snapshot or use the live cluster")
    drawn = build(name, **arguments)
    tables = [value for value in arguments.values() if isinstance(value, Table)]
    unseen = unseen_of(tables)
    return Description(
        kind=kind,
        name=drawn.name,
        at_ms=snapshot.at_ms,
        cluster_id=snapshot.cluster_id,
        facts=drawn.facts,
        sections=drawn.sections,
        unseen=unseen,
        incomplete_answers=incomplete_answers(snapshot, tables),
        notes=(*notes, *drawn.notes),
    )
