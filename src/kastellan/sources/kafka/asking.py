"""Asking one node one thing within a look: the wire's outcome becomes a decoded entity and an entry in the book."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import Garbled
from kastellan.kernel.outcome import Outcome, State, Trouble
from kastellan.sources.kafka.book import Book
from kastellan.sources.kafka.codes import error_name, state_of_error
from kastellan.sources.kafka.fill.brokers import Met
from kastellan.wire.kafka.api import api_name
from kastellan.wire.kafka.client import Cluster, Reply, decode_reply
from kastellan.wire.kafka.packing import Packed
from kastellan.wire.kafka.requests import Choose

_LARGE_BYTES: Final = 32_768
"""From here on decoding leaves the event loop, so that arrivals go on being stamped."""


class Got(msgspec.Struct, frozen=True):
    """A decoded answer, or None; and its entry in the book."""

    entity: Any | None
    answer: int
    trouble: Trouble | None = None


class Asking:
    """The questions of one look. Remembers how each broker was met."""

    def __init__(self, cluster: Cluster, book: Book) -> None:
        self._cluster = cluster
        self._book = book
        self._met: dict[int, Met] = {}

    @property
    def met(self) -> dict[int, Met]:
        """How each broker that was asked was met."""
        return self._met

    async def ask(self, node: int, request: Packed | Choose, deadline: Deadline, *, lane: str = "main") -> Got:
        """Asks a broker; an error code at the head of the answer is a refusal."""
        outcome = await self._cluster.ask(node, request, deadline, lane=lane)
        api = request.api_key if isinstance(request, Packed) else request.api
        return await self._take(node, api, outcome)

    async def handshake(self, node: int, deadline: Deadline) -> Got:
        """What the connection's beginning told: versions and features, without another request."""
        return await self._take(node, 18, await self._cluster.handshake(node, deadline))

    async def _take(self, node: int, api: int, outcome: Outcome[Reply]) -> Got:
        name, whom = api_name(api), f"broker/{node}"
        answer = self._book.note(outcome, name, whom)
        self._meet(node, outcome, answer)
        if outcome.value is None:
            return Got(None, answer, outcome.trouble)
        entity = await decoded(outcome.value)
        if isinstance(entity, Garbled):
            return Got(None, self._book.part(answer, State.FAILED, entity.message, Trouble.GARBLED), Trouble.GARBLED)
        code = int(getattr(entity, "error_code", 0))
        if code:
            message = getattr(entity, "error_message", None)
            told = f"{error_name(code)}: {message}" if message else str(error_name(code))
            self._book.grade(answer, state_of_error(code), told)
            return Got(None, answer, Trouble.REJECTED)
        return Got(entity, answer)

    def _meet(self, node: int, outcome: Outcome[Reply], answer: int) -> None:
        before = self._met.get(node)
        if outcome.arrived_ms is not None:
            if before is None or not before.reached:
                self._met[node] = Met(reached=True, answer=answer, answer_ms=max(0, outcome.arrived_ms - outcome.sent_ms))
        elif before is None and outcome.trouble in _SAYS_NOT_MET:
            self._met[node] = Met(reached=False, answer=answer, trouble=str(outcome.trouble), reason=outcome.reason)


_SAYS_NOT_MET: Final = frozenset(
    {Trouble.UNRESOLVED, Trouble.REFUSED, Trouble.UNREACHABLE, Trouble.SILENT, Trouble.SLOW, Trouble.CLOSED, Trouble.GARBLED}
)


async def decoded(reply: Reply) -> Any | Garbled:  # noqa: ANN401
    """The answer as an object, or what is wrong with it."""
    try:
        return await asyncio.to_thread(decode_reply, reply) if len(reply.data) > _LARGE_BYTES else decode_reply(reply)
    except Garbled as error:
        return error
