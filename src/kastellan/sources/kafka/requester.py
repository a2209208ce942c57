"""Requests of one collection: the wire's outcome becomes a value and an entry in the answer log."""

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
"""How long one broker may take over a request that any broker can answer before another is asked as well."""

_NO_ANSWER: Final = frozenset({Trouble.SILENT, Trouble.SLOW})

_OWN_SHARE: Final = 4
"""So much quicker is a broker with its own answers than with one that it waits for."""


class Contact(msgspec.Struct, frozen=True):
    """How a broker was met from here in this collection."""

    reached: bool
    answer: int
    answer_ms: int | None = None
    trouble: str | None = None
    reason: str = ""


class Response(msgspec.Struct, frozen=True):
    """What an answer was decoded to, or None; its entry in the answer log; the error code at its head."""

    value: Any | None
    answer: int
    trouble: Trouble | None = None
    code: int = 0

    @property
    def final(self) -> bool:
        """Another broker would say the same: this principal may not ask, or the cluster does not do it."""
        return bool(self.code) and state_of_code(self.code) in {State.DENIED, State.UNSUPPORTED}


class Decoder(msgspec.Struct, frozen=True):
    """How a decoded answer becomes a value that knows nothing of this collection, and where that is remembered.

    `begin` says where the bytes that matter begin (0: all of them); None: these bytes cannot be compared.
    """

    into: Callable[[Any], Any]
    slot: Hashable
    begin: Callable[[Reply], int | None] | None = None


class Request(msgspec.Struct, frozen=True):
    """A request to one broker; without a deadline of its own that of the whole batch holds."""

    node: int
    spec: RequestSpec
    decoder: Decoder | None = None
    deadline: Deadline | None = None


class _Refused(msgspec.Struct, frozen=True):
    code: int
    message: str | None


class Requester:
    """Sends the requests of one collection. Remembers how each broker was met."""

    def __init__(self, cluster: Cluster, answers: KafkaAnswers, cache: DecodeCache) -> None:
        self._cluster = cluster
        self._answers = answers
        self._cache = cache
        self._contacts: dict[int, Contact] = {}
        self._since_ms = time.time_ns() // 1_000_000

    @property
    def contacts(self) -> dict[int, Contact]:
        """How each broker that was asked was met."""
        return self._contacts

    async def ask(
        self, node: int, spec: RequestSpec, deadline: Deadline, *, channel: str = "main", decoder: Decoder | None = None
    ) -> Response:
        """Ask a broker; an error code at the head of the answer is a refusal."""
        return await self._respond(node, spec.api, await self._cluster.ask(node, spec, deadline, channel=channel), decoder)

    async def ask_all(
        self,
        batch: Sequence[Request],
        deadline: Deadline,
        *,
        channel: str = "main",
        on_response: Callable[[int, Response], None] | None = None,
    ) -> list[Response]:
        """Send all requests at once; the responses are in their order.

        `on_response` hears of each, by its place, as soon as it comes.
        """
        responses = dict[int, Response]()

        async def take(place: int, outcome: Outcome[Reply]) -> None:
            request = batch[place]
            responses[place] = response = await self._respond(request.node, request.spec.api, outcome, request.decoder)
            if on_response is not None:
                on_response(place, response)

        questions = [
            (
                request.node,
                request.spec,
                self._cache.bytes_of(request.decoder.slot) if request.decoder else None,
                request.deadline or deadline,
            )
            for request in batch
        ]
        await ask_each(self._cluster, questions, take, channel=channel)
        return [responses[place] for place in range(len(batch))]

    async def handshake(self, node: int, deadline: Deadline) -> Response:
        """What the connection's beginning told: versions and features, without another request."""
        return await self._respond(node, Api.API_VERSIONS, await self._cluster.handshake(node, deadline), None)

    async def ask_any(
        self,
        nodes: Iterable[int],
        spec: RequestSpec,
        deadline: Deadline,
        *,
        channel: str = "main",
        decoder: Decoder | None = None,
    ) -> Response:
        """The first good answer; the next broker is asked when one fails, or takes long.

        A refusal that every broker would repeat is not asked for again.
        """
        candidates = sorted(nodes, key=self._is_unlikely)
        running: set[asyncio.Task[Response]] = set()
        last: Response | None = None
        try:
            while candidates or running:
                if candidates:
                    node = candidates.pop(0)
                    running.add(asyncio.create_task(self.ask(node, spec, deadline, channel=channel, decoder=decoder)))
                ended, running = await asyncio.wait(
                    running, timeout=_HEDGE_S if candidates else None, return_when=asyncio.FIRST_COMPLETED
                )
                for task in ended:
                    last = task.result()
                    if last.value is not None or last.final:
                        return last
        finally:
            await cancel_all(running)
        if last is not None:
            return last
        answer = self._answers.enter_unsent(api_name(spec.api), Peer("any broker"), "no broker is known", State.NOT_COLLECTED)
        return Response(None, answer)

    def kept_waiting_ms(self, api: int) -> float | None:
        """How long the brokers that were asked this waited for somebody else's answer: the longest of them.

        None where one of them was not met or failed in another way than by silence, and where none is much quicker with
        what it knows itself: then it is its own silence, or the machine's.
        """
        waited_ms: list[int] = []
        for answer in self._answers.answers:
            node = answer.peer.broker
            if answer.request != api_name(api) or answer.state is not State.FAILED or node is None:
                continue
            contact = self._contacts.get(node)
            if answer.trouble not in _NO_ANSWER or contact is None or not contact.reached or contact.answer_ms is None:
                return None
            silent_ms = time.time_ns() // 1_000_000 - answer.sent_ms
            if contact.answer_ms * _OWN_SHARE <= silent_ms:
                waited_ms.append(silent_ms)
        return float(max(waited_ms)) if waited_ms else None

    def _is_unlikely(self, node: int) -> bool:
        contact = self._contacts.get(node)
        return not (contact.reached if contact is not None else self._cache.reached.get(node, False))

    async def _respond(self, node: int, api: int, outcome: Outcome[Reply], decoder: Decoder | None) -> Response:
        answer = self._answers.enter(outcome, api_name(api), broker_peer(node))
        self._note_contact(node, outcome, answer)
        if outcome.value is None:
            return Response(None, answer, outcome.trouble)
        value = await self._decode(outcome.value, decoder)
        if isinstance(value, Garbled):
            garbled = self._answers.enter_part(answer, State.FAILED, value.message, Trouble.GARBLED)
            return Response(None, garbled, Trouble.GARBLED)
        if isinstance(value, _Refused):
            name = str(error_name(value.code))
            self._answers.grade(answer, state_of_code(value.code), f"{name}: {value.message}" if value.message else name)
            return Response(None, answer, Trouble.REJECTED, value.code)
        return Response(value, answer)

    async def _decode(self, reply: Reply, decoder: Decoder | None) -> Any:  # noqa: ANN401
        if decoder is None:
            return await _decode_off_loop(reply, _identity)
        begin = 0 if decoder.begin is None else decoder.begin(reply)
        if begin is None:
            return await _decode_off_loop(reply, decoder.into)
        data = reply.data[begin:] if begin else reply.data
        remembered = self._cache.recall(decoder.slot, reply.version, data)
        if remembered is not None:
            return remembered
        value = await _decode_off_loop(reply, decoder.into)
        if not isinstance(value, (Garbled, _Refused)):
            self._cache.remember(decoder.slot, reply.version, data, value)
        return value

    def _note_contact(self, node: int, outcome: Outcome[Reply], answer: int) -> None:
        before = self._contacts.get(node)
        if outcome.arrived_ms is not None:
            if outcome.arrived_ms < self._since_ms:
                # The handshake of a connection that is open since an earlier collection says nothing of now.
                return
            if before is None or not before.reached:
                answer_ms = max(0, outcome.arrived_ms - outcome.sent_ms)
                self._contacts[node] = Contact(reached=True, answer=answer, answer_ms=answer_ms)
        elif before is None and outcome.trouble in _NOT_MET:
            self._contacts[node] = Contact(reached=False, answer=answer, trouble=str(outcome.trouble), reason=outcome.sentence)


_NOT_MET: Final = frozenset(
    {
        *(Trouble.UNRESOLVED, Trouble.REFUSED, Trouble.UNREACHABLE, Trouble.SILENT, Trouble.SLOW, Trouble.CLOSED),
        *(Trouble.GARBLED, Trouble.INSECURE, Trouble.UNAUTHENTICATED),
    }
)


async def _decode_off_loop(reply: Reply, into: Callable[[Any], Any]) -> Any:  # noqa: ANN401
    return await asyncio.to_thread(_decode_reply, reply, into) if len(reply.data) > _LARGE_BYTES else _decode_reply(reply, into)


def _decode_reply(reply: Reply, into: Callable[[Any], Any]) -> Any:  # noqa: ANN401
    try:
        entity = decode_reply(reply)
    except Garbled as error:
        return error
    code = int(getattr(entity, "error_code", 0))
    return _Refused(code, getattr(entity, "error_message", None)) if code else into(entity)


def _identity(entity: Any) -> Any:  # noqa: ANN401
    return entity


async def cancel_all(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Stop waiting for answers that are no longer needed."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
