"""One pipelined connection to one Kafka node: frames in, frames out, and who answered when.

A peer is judged by when its bytes came in, never by when this process had time to look: at a deadline the socket
is drained first. SILENT means that not one byte came since the question was sent; SLOW that bytes came, but
not the whole of this answer.
"""

from __future__ import annotations

import asyncio
import select
import socket
import ssl
import struct
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.outcome import Trouble
from kastellan.kernel.units import bytes_text, duration_text
from kastellan.wire.kafka.api import Api, api_name
from kastellan.wire.kafka.costs import Meter
from kastellan.wire.kafka.framing import foreign_protocol, skip_tags
from kastellan.wire.kafka.packing import EncodedRequest, int16
from kastellan.wire.kafka.permit import Permit, require_permit
from kastellan.wire.kafka.trouble import Refusal, now_ms
from kastellan.wire.tls.handshake_errors import meaning

CLIENT_ID: Final = "kastellan"
_LEAST_FRAME: Final = 4
_DRAIN_TURNS: Final = 400
_CLOCK_S: Final = 0.001
"""An alarm may ring this much early."""
_HEAD: Final = struct.Struct(">ihhi")
_INBOX_BYTES: Final = 256 * 1024


class Limits(msgspec.Struct, frozen=True):
    """What one connection may hold."""

    frame_bytes: int = 100 * 1024 * 1024
    """The largest answer that is accepted; Kafka's own clients use the same."""
    in_flight: int = 64
    """Questions sent and not answered; more wait in line here."""
    abandoned: int = 64
    """Answers that nobody waits for any more; beyond it the connection is given up."""
    client_id: str = CLIENT_ID
    """What quotas and the broker's logs call this client."""


class Frame(msgspec.Struct, frozen=True):
    """One whole answer: the body without its header, and its times.

    `service_ms` is how long the peer had nothing else to do for us: since the question was sent or, if that is
    later, since its previous answer was in.
    """

    data: bytes
    sent_ms: int
    arrived_ms: int
    bytes_in: int
    bytes_out: int
    service_ms: float


class ReceiveBuffer:
    """What the connections of a client share: they take turns, all on one event loop."""

    def __init__(self) -> None:
        self.inbox = bytearray(_INBOX_BYTES)
        """Where the bytes of each come in, to be taken out before those of the next: memory that stays warm."""
        self.view = memoryview(self.inbox)
        self._going: list[Callable[[], None]] = []

    def soon(self, go: Callable[[], None]) -> None:
        """Call this at the end of the loop's turn; one call of the loop serves all of them."""
        if not self._going:
            asyncio.get_running_loop().call_soon(self._go)
        self._going.append(go)

    def _go(self) -> None:
        going, self._going = self._going, []
        for go in going:
            go()


class Question:
    """One request from being asked until its answer, or until nobody waits for it any more."""

    __slots__ = (
        *("abandoned", "api_key", "bytes_out", "due_s", "known", "mark", "sent_ms", "sent_s", "settled", "tagged", "tell"),
        "wire",
    )

    def __init__(
        self, packed: EncodedRequest, tell: Callable[[Frame | Refusal], object], due_s: float, known: bytes | None
    ) -> None:
        self.api_key = packed.api_key
        # The answer to ApiVersions has the old header for ever, so that any client can read it.
        self.tagged = packed.flexible and packed.api_key != Api.API_VERSIONS
        self.tell = tell
        self.known = known
        self.settled = False
        self.due_s = due_s
        self.wire: EncodedRequest | None = packed
        self.sent_s = 0.0
        self.sent_ms = 0
        self.bytes_out = 0
        self.mark = 0
        self.abandoned = False


class Connection(asyncio.BufferedProtocol):
    """A connection that is open; `dial` makes it. Use it from one event loop."""

    def __init__(self, whom: str, *, limits: Limits, permit: Permit | None, meter: Meter, buffers: ReceiveBuffer) -> None:
        self.whom = whom
        client = int16(len(limits.client_id.encode())) + limits.client_id.encode()
        self._client = {False: client, True: client + b"\x00"}
        """The end of a header; a flexible one has tags, and these are none."""
        self._limits = limits
        self._meter = meter
        self._permit = permit
        self._transport: asyncio.Transport | None = None
        self._buffers = buffers
        self._buffer = bytearray()
        """The beginning of an answer that is not whole yet."""
        self._need = 4
        self._next_id = 0
        self._sent: dict[int, Question] = {}
        self._line: deque[Question] = deque()
        self._going: list[Question] = []
        self._out: list[bytes] = []
        self._alarm: asyncio.TimerHandle | None = None
        self._abandoned = 0
        self._bytes_in = 0
        self._last_answer_s = 0.0
        self.reach: Callable[[Deadline], Awaitable[socket.socket | Refusal]] | None = None
        """Opens another socket to the same peer the same way."""
        self.answers = 0
        """How many answers have come."""
        self._end: Refusal | None = None
        self._lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._poll = select.poll()

    @property
    def open(self) -> bool:
        """True while questions can be sent."""
        return self._end is None and self._transport is not None

    @property
    def tls(self) -> bool:
        """True when the connection is encrypted."""
        return self._transport is not None and self._transport.get_extra_info("ssl_object") is not None

    @property
    def certificate(self) -> bytes | None:
        """The certificate (DER) that the peer presented; None without TLS."""
        told = self._transport.get_extra_info("ssl_object") if self._transport is not None else None
        return told.getpeercert(binary_form=True) if told is not None else None

    def unanswered(self, api_key: int) -> int | None:
        """When a question of this kind was sent whose time ran out and which is still not answered (epoch ms)."""
        sent = [each.sent_ms for each in self._sent.values() if each.abandoned and each.api_key == api_key]
        return min(sent, default=None)

    async def ask(self, packed: EncodedRequest, deadline: Deadline) -> Frame | Refusal:
        """The answer to one request, or why there is none; the connection stays usable after a missed deadline.

        Raises NotPermitted for a request that changes a cluster when the connection was built without a permit.
        """
        future: asyncio.Future[Frame | Refusal] = asyncio.get_running_loop().create_future()
        question = self.begin(packed, deadline, lambda told: future.done() or future.set_result(told))
        try:
            return await future
        finally:
            self.leave(question)

    def begin(
        self, packed: EncodedRequest, deadline: Deadline, tell: Callable[[Frame | Refusal], object], *, known: bytes | None = None
    ) -> Question:
        """Ask without waiting: `tell` is called once, when the answer is in or there will be none, unless it is left before.

        When the same bytes come as are `known` from an earlier answer, the frame holds that very object instead of a copy.
        Raises NotPermitted as `ask` does.
        """
        require_permit(packed.api_key, self._permit)
        question = Question(packed, tell, deadline.at_s, known)
        if self._end is not None:
            self._settle(question, self._end)
            return question
        self._wake_at(deadline.at_s)
        if len(self._sent) - self._abandoned < self._limits.in_flight:
            self._send(question)
        else:
            self._line.append(question)
        return question

    def leave(self, question: Question) -> None:
        """Nobody waits for this any more, if anybody still did."""
        if not question.settled:
            question.settled = True
            self._forget(question)

    def close(self) -> None:
        """Give up the connection at once; whoever waits learns that it was closed from here."""
        self._finish(Refusal(Trouble.CLOSED, f"the connection to {self.whom} was closed by Kastellan"))

    async def aclose(self) -> None:
        """Close the connection and wait until its socket is closed."""
        self.close()
        if self._transport is not None:
            await self._lost

    # The parts that asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport; asyncio calls this once."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # TCP and TLS transports both are
        self._transport = transport
        self._poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell everybody who waits that the peer closed the connection."""
        if isinstance(exc, ssl.SSLError):
            # TLS 1.3 tells what it thinks of a client's certificate only after the handshake.
            reason, remedy = meaning(exc, self.whom, None, in_handshake=False)
            self._finish(Refusal(Trouble.INSECURE, f"{self.whom} {reason}", remedy))
        how = "closed the connection" if exc is None else f"broke the connection ({exc})"
        end = Refusal(Trouble.CLOSED, f"{self.whom} {how}{self._at_what_point()}", retriable=True)
        if self._end is None and len(self._sent) > 1:
            # A peer works on the requests of a connection in order: the oldest one without an answer is what it hung up on.
            oldest, *behind = self._sent.values()
            self._settle(oldest, msgspec.structs.replace(end, suspect=True))
            for question in behind:
                self._settle(question, msgspec.structs.replace(end, bystander=True))
        self._finish(end)
        if not self._lost.done():
            self._lost.set_result(None)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  # asyncio's name
        """Where asyncio puts what comes next. A view: below TLS it is filled piece by piece, and a slice must not be a copy."""
        return self._buffers.view

    def buffer_updated(self, nbytes: int) -> None:
        """Cut whole frames out of the stream and hand each to its question."""
        self._bytes_in += nbytes
        with self._buffers.view[:nbytes] as came:
            if not self._buffer:
                # Small answers mostly come whole: they are cut out of what came, without a copy of it.
                self._buffer += came[self._cut(self._buffers.inbox, nbytes) :]
                return
            self._buffer += came
        if len(self._buffer) >= self._need:
            del self._buffer[: self._cut(self._buffer, len(self._buffer))]

    # From bytes to answers.

    def _cut(self, stream: bytearray, have: int) -> int:
        """Hand over every whole frame in the first `have` bytes of the stream; returns where the next one begins."""
        arrived_s, arrived_ms = time.monotonic(), now_ms()
        at = 0
        while have - at >= 4 and self._end is None:
            size = int.from_bytes(stream[at : at + 4], "big", signed=True)
            if not _LEAST_FRAME <= size <= self._limits.frame_bytes:
                self._garbled(*foreign_protocol(bytes(stream[at:have]), size, self._limits.frame_bytes))
                break
            self._need = size + 4
            if have - at < self._need:
                break
            self._answer(stream, (at + 4, at + self._need), arrived_s, arrived_ms)
            at += self._need
            self._need = 4
        return at

    def _answer(self, stream: bytearray, place: tuple[int, int], arrived_s: float, arrived_ms: int) -> None:
        start, end = place
        correlation = int.from_bytes(stream[start : start + 4], "big", signed=True)
        question = self._sent.pop(correlation, None)
        if question is None:
            self._garbled(f"answered a question that was not asked (correlation id {correlation})")
            return
        begin = start + 4
        if question.tagged:
            begin = skip_tags(stream, begin, end)
            if begin < 0:
                broken = Refusal(Trouble.GARBLED, f"{self.whom} sent a broken header for {api_name(question.api_key)}")
                self._settle(question, broken)
                self._finish(broken)
                return
        since_s = max(question.sent_s, self._last_answer_s)
        self._last_answer_s = arrived_s
        self.answers += 1
        bytes_in, service_ms = end - start + 4, (arrived_s - since_s) * 1_000
        self._meter.answered(question.api_key, bytes_in, service_ms)
        if question.abandoned:
            self._abandoned -= 1
        else:
            data = question.known
            if data is None or len(data) != end - begin or not stream.startswith(data, begin):
                with memoryview(stream) as view:
                    data = bytes(view[begin:end])
            self._settle(question, Frame(data, question.sent_ms, arrived_ms, bytes_in, question.bytes_out, service_ms))
        self._send_next()

    def _settle(self, question: Question, result: Frame | Refusal) -> None:
        if not question.settled:
            question.settled = True
            question.tell(result)

    # From questions to bytes.

    def _send(self, question: Question) -> None:
        transport, packed = self._transport, question.wire
        if transport is None or packed is None:
            self._settle(question, self._end or Refusal(Trouble.CLOSED, f"the connection to {self.whom} is not open"))
            return
        correlation = self._next_id
        self._next_id = (correlation + 1) & 0x7FFFFFFF
        client = self._client[packed.flexible]
        size = 8 + len(client) + len(packed.body)
        head = _HEAD.pack(size, packed.api_key, packed.version, correlation)
        question.wire = None
        question.bytes_out = size + 4
        self._sent[correlation] = question
        if not self._going:
            self._buffers.soon(self._go)
        self._going.append(question)
        self._out += (head, client, packed.body)

    def _go(self) -> None:
        """Write what was asked in this turn of the loop: each write costs more than the packing of many questions."""
        (going, self._going), (out, self._out) = (self._going, []), (self._out, [])
        if self._transport is None or self._end is not None:
            return
        sent_s, sent_ms = time.monotonic(), now_ms()
        for question in going:
            question.sent_s, question.sent_ms, question.mark = sent_s, sent_ms, self._bytes_in
            self._meter.sent(question.api_key, question.bytes_out)
        self._transport.write(b"".join(out))

    def _send_next(self) -> None:
        while self._line and self._end is None and len(self._sent) - self._abandoned < self._limits.in_flight:
            question = self._line.popleft()
            if not question.settled:
                self._send(question)

    # Ends.

    def _wake_at(self, due_s: float) -> None:
        """One alarm serves all questions: a clock of its own for each would cost as much as sending it."""
        if self._alarm is not None:
            if self._alarm.when() <= due_s:
                return
            self._alarm.cancel()
        self._alarm = asyncio.get_running_loop().call_at(due_s, self._wake)

    def _wake(self) -> None:
        self._alarm = None
        now_s = time.monotonic() + _CLOCK_S
        waiting = [each for each in (*self._sent.values(), *self._line) if not each.settled]
        for question in waiting:
            if question.due_s <= now_s:
                self._time_is_up(question, 0)
        later = [each.due_s for each in waiting if each.due_s > now_s]
        if later and self._end is None:
            self._wake_at(min(later))

    def _time_is_up(self, question: Question, turn: int) -> None:
        if question.settled:
            return
        if turn < _DRAIN_TURNS and self._end is None and self._poll.poll(0):
            # What has arrived while this process was busy counts as arrived: let the loop read it first.
            asyncio.get_running_loop().call_soon(self._time_is_up, question, turn + 1)
            return
        self._settle(question, self._verdict(question))
        self._forget(question)

    def _verdict(self, question: Question) -> Refusal:
        name = api_name(question.api_key)
        if question.wire is not None:
            waiting = f"{len(self._sent)} earlier questions on this connection are unanswered"
            return Refusal(Trouble.SLOW, f"{self.whom} was not asked {name} in time: {waiting}")
        waited = duration_text((time.monotonic() - question.sent_s) * 1_000)
        came = self._bytes_in - question.mark
        if not came:
            return Refusal(Trouble.SILENT, f"{self.whom} sent not one byte within {waited} after {name} was asked")
        detail = f"{bytes_text(came)} came{self._at_what_point()}"
        return Refusal(Trouble.SLOW, f"{self.whom} answers, but {name} was not whole within {waited}: {detail}")

    def _forget(self, question: Question) -> None:
        """Nobody waits for this any more; its late answer will be dropped."""
        if question.wire is not None:
            if question in self._line:
                self._line.remove(question)
        elif question in self._sent.values() and not question.abandoned:
            question.abandoned = True
            self._abandoned += 1
            if self._abandoned > self._limits.abandoned:
                self._finish(Refusal(Trouble.SLOW, f"{self.whom} left {self._abandoned} questions unanswered", retriable=True))
            else:
                self._send_next()

    def _garbled(self, what: str, remedy: str = "") -> None:
        self._finish(Refusal(Trouble.GARBLED, f"{self.whom} {what}", remedy))

    def _finish(self, end: Refusal) -> None:
        if self._end is not None:
            return
        self._end = end
        if self._alarm is not None:
            self._alarm.cancel()
        waiting = [*self._sent.values(), *self._line]
        self._sent.clear()
        self._line.clear()
        self._abandoned = 0
        for question in waiting:
            self._settle(question, end)
        if self._transport is not None:
            self._transport.abort()

    def _at_what_point(self) -> str:
        have = len(self._buffer)
        if have == 0:
            return ""
        if have < 4:
            return f" ({have} of the first 4 bytes of an answer)"
        return f" ({bytes_text(have - 4)} of an answer of {bytes_text(self._need - 4)})"
