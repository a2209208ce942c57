"""Which Answers stand behind what is shown and are not complete."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from kastellan.kernel.outcome import State
from kastellan.model.answer import Answer
from kastellan.model.catalogue import enumerating_requests
from kastellan.model.snapshot import Snapshot
from kastellan.model.table import Table


def incomplete_answers(snapshot: Snapshot, tables: Iterable[Table], asked_requests: Collection[str] = ()) -> tuple[Answer, ...]:
    """The Answers on which these tables rest, row by row or by what could not be listed, and that are not complete.

    Where no row is left, that of the request which enumerates them; and those of the requests in `asked_requests`.
    """
    used, requests = set[int](), {*asked_requests}
    for table in tables:
        used |= {gap.answer for gap in table.unseen}
        if "answer" in table.columns:
            used |= {*table.df["answer"].drop_nulls().unique()}
        if table.roster in enumerating_requests():
            requests.add(enumerating_requests()[table.roster])
    return tuple(
        answer
        for answer in snapshot.answers
        if answer.state is not State.COMPLETE and (answer.id in used or answer.request in requests)
    )
