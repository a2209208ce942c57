"""Which Answers stand behind what is shown and are not complete."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from kastellan.kernel.outcome import State
from kastellan.model.answer import Answer
from kastellan.model.snapshot import Snapshot
from kastellan.model.table import Table

_ENUMERATED_BY: Final = {"topic": "Metadata", "group": "ListGroups", "transactional_id": "ListTransactions"}
"""The request that tells which members a roster has: Kafka leaves out silently what a principal may not describe."""


def not_whole(snapshot: Snapshot, tables: Iterable[Table], asked: Collection[str] = ()) -> tuple[Answer, ...]:
    """The Answers on which these tables rest, row by row or by what could not be listed, and that are not complete.

    Where no row is left, that of the request which enumerates them; and those of the requests that `asked` names.
    """
    used, requests = set[int](), {*asked}
    for each in tables:
        used |= {one.answer for one in each.unseen}
        if "answer" in each.columns:
            used |= {*each.df["answer"].drop_nulls().unique()}
        if each.roster in _ENUMERATED_BY:
            requests.add(_ENUMERATED_BY[each.roster])
    return tuple(
        each for each in snapshot.answers if each.state is not State.COMPLETE and (each.id in used or each.asked in requests)
    )
