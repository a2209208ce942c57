"""Groups and transactions that several brokers call theirs: one is cut off and does not know better, or is handing over.

Who coordinates is asked of every broker, as clients ask (FindCoordinator), and what most of them say counts. Where no answer is
that of most, a group or transaction is told as not seen rather than twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeVar

import msgspec
import polars as pl

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.outcome import State
from kastellan.model.answer import Peer
from kastellan.model.table import Frame
from kastellan.sources.kafka.collect_session import CollectSession, binding
from kastellan.wire.kafka import requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.requests import RequestSpec

F = TypeVar("F", bound=Frame)

GROUP: Final = 0
TRANSACTION: Final = 1
_MANY_KEYS: Final = 4


class Claims(msgspec.Struct, frozen=True):
    """Who coordinates what several brokers claim, by name; None where most name none, and then `doubt` says so."""

    of: Mapping[str, int | None] = {}
    doubt: int = 0

    @property
    def open(self) -> tuple[str, ...]:
        """What nobody can be believed about."""
        return tuple(name for name, node in self.of.items() if node is None)

    def refuses(self, name: str, node: int | None) -> bool:
        """Whether what this broker tells of it does not count."""
        return name in self.of and self.of[name] != node


async def claims(look: CollectSession, listed: Iterable[str], kind: int, deadline: Deadline) -> Claims:
    """Who coordinates each name that is `listed` more than once; nothing is asked where none is."""
    names = [name for name, count in Counter(listed).items() if count > 1]
    if not names:
        return Claims()
    told = [each for _, each in await look.each(lambda node: _told_by(look, node, names, kind, deadline))]
    answered = sum(bool(each) for each in told)
    of: dict[str, int | None] = {}
    for name in names:
        ((node, count),) = Counter(each[name] for each in told if name in each).most_common(1) or [(-1, 0)]
        of[name] = node if 2 * count > answered else None
    doubt = 0
    if None in of.values():
        reason = "several brokers call it theirs, and none of them is named its coordinator by most brokers"
        doubt = look.answers.enter_unsent("FindCoordinator", Peer("every broker"), reason, State.NOT_COLLECTED)
    return Claims(of, doubt)


async def _told_by(look: CollectSession, node: int, names: Sequence[str], kind: int, deadline: Deadline) -> Mapping[str, int]:
    wanted = RequestSpec(Api.FIND_COORDINATOR, binding(requests.find_coordinator, names, key_type=kind), lowest=_MANY_KEYS)
    got = await look.ask(node, wanted, deadline)
    told = () if got.value is None else got.value.coordinators
    return {each.key: int(each.node_id) for each in told if not each.error_code}


def believed(look: CollectSession, table: F, found: Claims) -> F:
    """The table without the rows of brokers that are not believed; a placeholder for each member that none is believed about."""
    if not found.of:
        return table
    roster = table.roster
    told = table.df.filter(pl.col(roster).is_in(list(found.of))).select(roster, "answer").unique()
    refused = [row for row in told.rows() if found.refuses(row[0], look.answers[row[1]].peer.broker)]
    gone = pl.DataFrame(refused, schema=told.schema, orient="row")
    left = table.df.join(gone, on=[roster, "answer"], how="anti", maintain_order="left")
    lost = sorted({str(row[0]) for row in told.rows()}.intersection(found.open))
    more = type(table).of_rows({roster: name, "answer": found.doubt} for name in lost)
    return type(table)(left.vstack(more.df), table.unseen)
