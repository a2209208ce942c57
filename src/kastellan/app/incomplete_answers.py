"""Which Answers stand behind what is shown and are not complete."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from kastellan.kernel.outcome import State
from kastellan.model.answer import Answer
from kastellan.model.catalogue import enumerating_requests
from kastellan.model.snapshot import Snapshot
from kastellan.model.table import Table


def not_whole(snapshot: Snapshot, tables: Iterable[Table], asked: Collection[str] = ()) -> tuple[Answer, ...]:
    """The Answers on which these tables rest, row by row or by what could not be listed, and that are not complete.

    Where no row is left, that of the request which enumerates them; and those of the requests that `asked` names.
    """
    used, requests = set[int](), {*asked}
    for each in tables:
        used |= {one.answer for one in each.unseen}
        if "answer" in each.columns:
            used |= {*each.df["answer"].drop_nulls().unique()}
        if each.roster in enumerating_requests():
            requests.add(enumerating_requests()[each.roster])
    return tuple(
        each for each in snapshot.answers if each.state is not State.COMPLETE and (each.id in used or each.asked in requests)
    )
