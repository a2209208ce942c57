"""Get the members of a kind, with what was not seen of them."""

from __future__ import annotations

import difflib

import msgspec
import polars as pl

from kastellan.app.lists import LISTS, List
from kastellan.app.observe import observe
from kastellan.checks.not_seen import bad_answers
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import BadInput
from kastellan.kernel.outcome import State
from kastellan.model.answer import Answer
from kastellan.model.finding import Fact
from kastellan.model.needs import Missing, Resolver, Wanted, unseen_of, wanted_by
from kastellan.model.snapshot import Snapshot
from kastellan.model.table import Unseen
from kastellan.ports import Source
from kastellan.views.catalogue import all_views


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of a list; null is a value that was not seen, unless its column `may_be_empty`."""

    of: str
    at_ms: int
    cluster_id: str | None
    columns: tuple[str, ...]
    shown: tuple[str, ...]
    may_be_empty: frozenset[str]
    rows: tuple[dict[str, Fact], ...]
    unseen: tuple[Unseen, ...]
    not_whole: tuple[Answer, ...]
    notes: tuple[str, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why something is missing, one line for each peer and trouble."""
        return tuple(bad_answers(self.not_whole))


def wanted_for(name: str) -> Wanted:
    """What the list needs to have collected."""
    return wanted_by([LISTS[name].rows], all_views())


async def get(source: Source, name: str, member: str | None, timeout_s: float) -> Listed:
    """The list from a live cluster. Raises Unreachable when nothing answered, BadInput for a member that is not there."""
    return listed(await observe(source, wanted_for(name), Deadline.after(timeout_s)), name, member)


def listed(snapshot: Snapshot, name: str, member: str | None, notes: tuple[str, ...] = ()) -> Listed:
    """The list from a snapshot, of one member where it is named."""
    found = LISTS[name]
    arguments = Resolver(snapshot, all_views()).arguments(found.rows)
    if isinstance(arguments, Missing):
        raise BadInput(f"{name} cannot be shown: {arguments.reason}; save the snapshot anew or look at the live cluster")
    frame = found.rows(**arguments)
    unseen = unseen_of(arguments.values())
    if member is not None:
        frame = _selected(frame, found, member, unseen)
    used = {*frame["answer"].drop_nulls(), *(each.answer for each in unseen)} if "answer" in frame.columns else set[int]()
    bad = tuple(
        each
        for each in snapshot.answers
        if each.state is not State.COMPLETE and (each.id in used or _touches(each, snapshot, name))
    )
    return Listed(
        of=name,
        at_ms=snapshot.at_ms,
        cluster_id=snapshot.cluster_id,
        columns=tuple(frame.columns),
        shown=found.shown,
        may_be_empty=found.may_be_empty,
        rows=tuple(frame.iter_rows(named=True)),
        unseen=unseen,
        not_whole=bad,
        notes=notes,
    )


def _touches(answer: Answer, snapshot: Snapshot, name: str) -> bool:
    """The Answer stands behind one of the tables that the list is made of."""
    tables = (snapshot.tables[each] for each in wanted_for(name).tables if each in snapshot.tables)
    return any((table.df["answer"] == answer.id).any() for table in tables if "answer" in table.columns)


def _selected(frame: pl.DataFrame, found: List, member: str, unseen: tuple[Unseen, ...]) -> pl.DataFrame:
    text = pl.col(found.named).cast(pl.String)
    chosen = frame.filter(text == member.strip())
    if chosen.height:
        return chosen
    names = frame.select(text.unique()).to_series().drop_nulls().to_list()
    near = difflib.get_close_matches(member, names, n=3, cutoff=0.5)
    if any(each.roster == found.named for each in unseen):
        raise BadInput(f"no {found.word} called {member[:80]!r} was seen, and not all {found.word}s could be listed; look again")
    told = f"near are {', '.join(near)}" if near else f"{len(names)} {found.word}s are known: leave the name out to list them"
    raise BadInput(f"no {found.word} is called {member[:80]!r}; {told}")
