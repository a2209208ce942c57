"""Asking one node one thing within a look: the wire's outcome becomes a value and an entry in the answer log."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from typing import Any, Final

import msgspec

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import Garbled
from kastellan.kernel.outcome import Outcome, State, Trouble
from kastellan.model.answer import Peer, broker_peer
from kastellan.sources.kafka.codes import error_name
from kastellan.sources.kafka.decode_cache import DecodeCache
from kastellan.sources.kafka.fill.brokers import Met
from kastellan.sources.kafka.kafka_answers import KafkaAnswers
from kastellan.wire.kafka.api import Api, api_name
from kastellan.wire.kafka.ask_each import ask_each
from kastellan.wire.kafka.client import Cluster
from kastellan.wire.kafka.codes import state_of_code
from kastellan.wire.kafka.reply import Reply, decode_reply
from kastellan.wire.kafka.requests import RequestSpec

_LARGE_BYTES: Final = 32_768
"""From here on decoding leaves the event loop, so that arrivals go on being stamped."""

_HEDGE_S: Final = 0.75
"""How long one broker may take over a question that any broker can answer before another is asked as well."""

_NO_ANSWER: Final = frozenset({Trouble.SILENT, Trouble.SLOW})

_OWN_SHARE: Final = 4
"""So much quicker is a broker with its own answers than with one that it waits for."""


class Got(msgspec.Struct, frozen=True):
    """What an answer was turned into, or None; its entry in the answer log; the error code at its head."""

    value: Any | None
    answer: int
    trouble: Trouble | None = None
    code: int = 0

    @property
    def final(self) -> bool:
        """Another broker would say the same: this principal may not ask, or the cluster does not do it."""
        return bool(self.code) and state_of_code(self.code) in {State.DENIED, State.UNSUPPORTED}


class Turn(msgspec.Struct, frozen=True):
    """How a decoded answer becomes a value that knows nothing of this look, and where that is remembered.

    `begin` says where the bytes that matter begin (0: all of them); None: these bytes cannot be compared.
    """

    into: Callable[[Any], Any]
    slot: Hashable
    begin: Callable[[Reply], int | None] | None = None


class Ask(msgspec.Struct, frozen=True):
    """A question to one broker."""

    node: int
    request: RequestSpec
    turn: Turn | None = None


class _Refused(msgspec.Struct, frozen=True):
    code: int
    message: str | None


class Requester:
    """The questions of one look. Remembers how each broker was met."""

    def __init__(self, cluster: Cluster, answers: KafkaAnswers, memory: DecodeCache) -> None:
        self._cluster = cluster
        self._answers = answers
        self._memory = memory
        self._met: dict[int, Met] = {}
        self._since_ms = time.time_ns() // 1_000_000

    @property
    def met(self) -> dict[int, Met]:
        """How each broker that was asked was met."""
        return self._met

    async def ask(
        self, node: int, request: RequestSpec, deadline: Deadline, *, lane: str = "main", turn: Turn | None = None
    ) -> Got:
        """Asks a broker; an error code at the head of the answer is a refusal."""
        return await self._take(node, request.api, await self._cluster.ask(node, request, deadline, lane=lane), turn)

    async def all(
        self,
        asks: Sequence[Ask],
        deadline: Deadline,
        *,
        lane: str = "main",
        told: Callable[[int, Got], None] | None = None,
    ) -> list[Got]:
        """What came of each, in this order; all are asked at once. `told` hears of each, by its place, as soon as it comes."""
        got = dict[int, Got]()

        async def take(place: int, outcome: Outcome[Reply]) -> None:
            ask = asks[place]
            got[place] = each = await self._take(ask.node, ask.request.api, outcome, ask.turn)
            if told is not None:
                told(place, each)

        questions = [(each.node, each.request, self._memory.bytes_of(each.turn.slot) if each.turn else None) for each in asks]
        await ask_each(self._cluster, questions, deadline, take, lane=lane)
        return [got[place] for place in range(len(asks))]

    async def handshake(self, node: int, deadline: Deadline) -> Got:
        """What the connection's beginning told: versions and features, without another request."""
        return await self._take(node, Api.API_VERSIONS, await self._cluster.handshake(node, deadline), None)

    async def any(
        self, nodes: Iterable[int], request: RequestSpec, deadline: Deadline, *, lane: str = "main", turn: Turn | None = None
    ) -> Got:
        """The first good answer; the next broker is asked when one fails, or takes long.

        A refusal that every broker would repeat is not asked for again.
        """
        candidates = sorted(nodes, key=self._unlikely)
        running: set[asyncio.Task[Got]] = set()
        last: Got | None = None
        while candidates or running:
            if candidates:
                running.add(asyncio.create_task(self.ask(candidates.pop(0), request, deadline, lane=lane, turn=turn)))
            done, running = await asyncio.wait(
                running, timeout=_HEDGE_S if candidates else None, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                last = task.result()
                if last.value is not None or last.final:
                    await leave(running)
                    return last
        name = api_name(request.api)
        return last or Got(None, self._answers.enter_unsent(name, Peer("any broker"), "no broker is known", State.NOT_COLLECTED))

    def kept_waiting_ms(self, api: int) -> float | None:
        """How long the brokers that were asked this waited for somebody else's answer: the longest of them.

        None where one of them was not met or failed in another way than by silence, and where none is much quicker with
        what it knows itself: then it is its own silence, or the machine's.
        """
        waited: list[int] = []
        for each in self._answers.answers:
            node = each.peer.broker
            if each.asked != api_name(api) or each.state is not State.FAILED or node is None:
                continue
            met = self._met.get(node)
            if each.trouble not in _NO_ANSWER or met is None or not met.reached or met.answer_ms is None:
                return None
            silent_ms = time.time_ns() // 1_000_000 - each.sent_ms
            if met.answer_ms * _OWN_SHARE <= silent_ms:
                waited.append(silent_ms)
        return float(max(waited)) if waited else None

    def _unlikely(self, node: int) -> bool:
        met = self._met.get(node)
        return not (met.reached if met is not None else self._memory.reached.get(node, False))

    async def _take(self, node: int, api: int, outcome: Outcome[Reply], turn: Turn | None) -> Got:
        answer = self._answers.enter(outcome, api_name(api), broker_peer(node))
        self._meet(node, outcome, answer)
        if outcome.value is None:
            return Got(None, answer, outcome.trouble)
        made = await self._made(outcome.value, turn)
        if isinstance(made, Garbled):
            return Got(None, self._answers.enter_part(answer, State.FAILED, made.message, Trouble.GARBLED), Trouble.GARBLED)
        if isinstance(made, _Refused):
            told = str(error_name(made.code))
            self._answers.grade(answer, state_of_code(made.code), f"{told}: {made.message}" if made.message else told)
            return Got(None, answer, Trouble.REJECTED, made.code)
        return Got(made, answer)

    async def _made(self, reply: Reply, turn: Turn | None) -> Any:  # noqa: ANN401
        if turn is None:
            return await _off_the_loop(reply, _same)
        begin = 0 if turn.begin is None else turn.begin(reply)
        if begin is None:
            return await _off_the_loop(reply, turn.into)
        matters = reply.data[begin:] if begin else reply.data
        known = self._memory.recall(turn.slot, reply.version, matters)
        if known is not None:
            return known
        made = await _off_the_loop(reply, turn.into)
        if not isinstance(made, (Garbled, _Refused)):
            self._memory.keep(turn.slot, reply.version, matters, made)
        return made

    def _meet(self, node: int, outcome: Outcome[Reply], answer: int) -> None:
        before = self._met.get(node)
        if outcome.arrived_ms is not None:
            if outcome.arrived_ms < self._since_ms:
                # The handshake of a connection that is open since an earlier look says nothing of now.
                return
            if before is None or not before.reached:
                self._met[node] = Met(reached=True, answer=answer, answer_ms=max(0, outcome.arrived_ms - outcome.sent_ms))
        elif before is None and outcome.trouble in _SAYS_NOT_MET:
            self._met[node] = Met(reached=False, answer=answer, trouble=str(outcome.trouble), reason=outcome.sentence)


_SAYS_NOT_MET: Final = frozenset(
    {
        *(Trouble.UNRESOLVED, Trouble.REFUSED, Trouble.UNREACHABLE, Trouble.SILENT, Trouble.SLOW, Trouble.CLOSED),
        *(Trouble.GARBLED, Trouble.INSECURE, Trouble.UNAUTHENTICATED),
    }
)


async def _off_the_loop(reply: Reply, into: Callable[[Any], Any]) -> Any:  # noqa: ANN401
    return await asyncio.to_thread(_turned, reply, into) if len(reply.data) > _LARGE_BYTES else _turned(reply, into)


def _turned(reply: Reply, into: Callable[[Any], Any]) -> Any:  # noqa: ANN401
    try:
        entity = decode_reply(reply)
    except Garbled as error:
        return error
    code = int(getattr(entity, "error_code", 0))
    return _Refused(code, getattr(entity, "error_message", None)) if code else into(entity)


def _same(entity: Any) -> Any:  # noqa: ANN401
    return entity


async def leave(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Stops waiting for answers that are no longer needed."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
