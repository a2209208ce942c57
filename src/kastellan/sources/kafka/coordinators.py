"""Groups and transactions that several brokers call theirs: one is cut off and does not know better, or is handing over.

Who coordinates is asked of every broker, as clients ask (FindCoordinator), and what most of them say counts. Where no answer is
that of most, a group or transaction is unseen rather than there twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

import msgspec
import polars as pl

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.outcome import State
from kastellan.model.answer import Peer
from kastellan.model.table import Frame
from kastellan.sources.kafka.collect_session import CollectSession, binding
from kastellan.sources.kafka.requester import Request, Response
from kastellan.wire.kafka import requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.requests import RequestSpec

F = TypeVar("F", bound=Frame)

GROUP: Final = 0
TRANSACTION: Final = 1
_MANY_KEYS: Final = 4


class Coordinators(msgspec.Struct, frozen=True):
    """Who coordinates what several brokers claim, by name; None where most name none, and then `doubt` is the Answer for it."""

    of: Mapping[str, int | None] = {}
    doubt: int = 0

    @property
    def unresolved(self) -> tuple[str, ...]:
        """What no broker can be believed about."""
        return tuple(name for name, node in self.of.items() if node is None)

    def refuses(self, name: str, node: int | None) -> bool:
        """Whether what this broker tells of it does not count."""
        return name in self.of and self.of[name] != node


async def resolve_coordinators(session: CollectSession, claimed: Iterable[str], kind: int, deadline: Deadline) -> Coordinators:
    """Who coordinates each name that is claimed more than once; nothing is asked where none is."""
    names = [name for name, count in Counter(claimed).items() if count > 1]
    if not names:
        return Coordinators()
    spec = RequestSpec(Api.FIND_COORDINATOR, binding(requests.find_coordinator, names, key_type=kind), lowest=_MANY_KEYS)
    responses = await session.requester.ask_all([Request(node, spec) for node in session.nodes], deadline)
    votes = [_vote(response) for response in responses]
    answered = sum(bool(vote) for vote in votes)
    of: dict[str, int | None] = {}
    for name in names:
        ((node, count),) = Counter(vote[name] for vote in votes if name in vote).most_common(1) or [(-1, 0)]
        of[name] = node if 2 * count > answered else None
    doubt = 0
    if None in of.values():
        reason = "several brokers call it theirs, and none of them is named its coordinator by most brokers"
        doubt = session.answers.enter_unsent("FindCoordinator", Peer("every broker"), reason, State.NOT_COLLECTED)
    return Coordinators(of, doubt)


def _vote(response: Response) -> Mapping[str, int]:
    named = () if response.value is None else response.value.coordinators
    return {coordinator.key: int(coordinator.node_id) for coordinator in named if not coordinator.error_code}


def keep_coordinated(session: CollectSession, table: F, coordinators: Coordinators) -> F:
    """The table without the rows of brokers that do not coordinate; a placeholder for each member that none is believed about."""
    if not coordinators.of:
        return table
    roster = table.roster
    claimed = table.df.filter(pl.col(roster).is_in(list(coordinators.of))).select(roster, "answer").unique()
    refused = [row for row in claimed.rows() if coordinators.refuses(row[0], session.answers[row[1]].peer.broker)]
    gone = pl.DataFrame(refused, schema=claimed.schema, orient="row")
    left = table.df.join(gone, on=[roster, "answer"], how="anti", maintain_order="left")
    lost = sorted({str(row[0]) for row in claimed.rows()}.intersection(coordinators.unresolved))
    placeholders = type(table).of_rows({roster: name, "answer": coordinators.doubt} for name in lost)
    return type(table)(left.vstack(placeholders.df), table.unseen)
