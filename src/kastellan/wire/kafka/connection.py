"""One pipelined connection to one Kafka node: frames in, frames out, and who answered when.

A peer is judged by when its bytes came in, never by when this process had time to look: at a deadline the socket
is drained first. SILENT means that not one byte arrived since the request was sent; SLOW that bytes arrived, but
not all of this answer.
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
"""A timer may fire this much early."""
_HEAD: Final = struct.Struct(">ihhi")
_INBOX_BYTES: Final = 256 * 1024


class Limits(msgspec.Struct, frozen=True):
    """What one connection may hold."""

    frame_bytes: int = 100 * 1024 * 1024
    """The largest answer that is accepted; Kafka's own clients use the same."""
    in_flight: int = 64
    """Requests sent and not answered; more wait here."""
    abandoned: int = 64
    """Answers that nobody waits for any more; beyond it the connection is given up."""
    client_id: str = CLIENT_ID
    """What quotas and the broker's logs call this client."""


class Frame(msgspec.Struct, frozen=True):
    """One complete answer: the body without its header, and its times.

    `service_ms` is how long the peer had nothing else to do for us: since the request was sent or, if that is
    later, since its previous answer was in.
    """

    data: bytes
    sent_ms: int
    arrived_ms: int
    bytes_in: int
    bytes_out: int
    service_ms: float


class ReceiveBuffer:
    """What the connections of one client share; they take turns, all on one event loop."""

    def __init__(self) -> None:
        self.inbox = bytearray(_INBOX_BYTES)
        """Where the bytes of every connection arrive, taken out before those of the next one: memory that stays in CPU caches."""
        self.view = memoryview(self.inbox)
        self._callbacks: list[Callable[[], None]] = []

    def at_end_of_turn(self, callback: Callable[[], None]) -> None:
        """Call this at the end of the loop's turn; one call of the loop serves all of them."""
        if not self._callbacks:
            asyncio.get_running_loop().call_soon(self._call_all)
        self._callbacks.append(callback)

    def _call_all(self) -> None:
        callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()


class PendingRequest:
    """One request, from the call until its answer arrives or nobody waits for it any more."""

    __slots__ = (
        *("abandoned", "api_key", "bytes_in_before", "bytes_out", "due_s", "earlier", "sent_ms", "sent_s", "settled"),
        *("tagged", "tell", "unsent"),
    )

    def __init__(
        self, encoded: EncodedRequest, tell: Callable[[Frame | Refusal], object], due_s: float, earlier: bytes | None
    ) -> None:
        self.api_key = encoded.api_key
        # The answer to ApiVersions has the old header for ever, so that any client can read it.
        self.tagged = encoded.flexible and encoded.api_key != Api.API_VERSIONS
        self.tell = tell
        self.earlier = earlier
        self.settled = False
        self.due_s = due_s
        self.unsent: EncodedRequest | None = encoded
        self.sent_s = 0.0
        self.sent_ms = 0
        self.bytes_out = 0
        self.bytes_in_before = 0
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
        """The beginning of an answer that is not complete yet."""
        self._need = 4
        self._next_id = 0
        self._sent: dict[int, PendingRequest] = {}
        self._waiting: deque[PendingRequest] = deque()
        self._unwritten: list[PendingRequest] = []
        self._out: list[bytes] = []
        self._timer: asyncio.TimerHandle | None = None
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
        """True while requests can be sent."""
        return self._end is None and self._transport is not None

    @property
    def tls(self) -> bool:
        """True when the connection is encrypted."""
        return self._transport is not None and self._transport.get_extra_info("ssl_object") is not None

    @property
    def certificate(self) -> bytes | None:
        """The certificate (DER) that the peer presented; None without TLS."""
        tls = self._transport.get_extra_info("ssl_object") if self._transport is not None else None
        return tls.getpeercert(binary_form=True) if tls is not None else None

    def unanswered_since(self, api_key: int) -> int | None:
        """When the oldest request of this kind was sent that missed its deadline and is still unanswered (epoch ms)."""
        sent = [request.sent_ms for request in self._sent.values() if request.abandoned and request.api_key == api_key]
        return min(sent, default=None)

    async def ask(self, encoded: EncodedRequest, deadline: Deadline) -> Frame | Refusal:
        """The answer to one request, or why there is none; the connection stays usable after a missed deadline.

        Raises NotPermitted for a request that changes a cluster when the connection was built without a permit.
        """
        future: asyncio.Future[Frame | Refusal] = asyncio.get_running_loop().create_future()
        pending = self.begin(encoded, deadline, lambda result: future.done() or future.set_result(result))
        try:
            return await future
        finally:
            self.leave(pending)

    def begin(
        self,
        encoded: EncodedRequest,
        deadline: Deadline,
        tell: Callable[[Frame | Refusal], object],
        *,
        earlier: bytes | None = None,
    ) -> PendingRequest:
        """Send without waiting: `tell` is called once, when the answer is in or there will be none, unless `leave` comes first.

        Where the answer has the same bytes as the `earlier` one, the frame holds that very object instead of a copy.
        Raises NotPermitted as `ask` does.
        """
        require_permit(encoded.api_key, self._permit)
        pending = PendingRequest(encoded, tell, deadline.at_s, earlier)
        if self._end is not None:
            self._settle(pending, self._end)
            return pending
        self._wake_at(deadline.at_s)
        if len(self._sent) - self._abandoned < self._limits.in_flight:
            self._send(pending)
        else:
            self._waiting.append(pending)
        return pending

    def leave(self, pending: PendingRequest) -> None:
        """Stop waiting for a request."""
        if not pending.settled:
            pending.settled = True
            self._forget(pending)

    def close(self) -> None:
        """Close the connection at once; every pending request ends with a refusal that says so."""
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
        """End every pending request: the peer closed the connection."""
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
            for pending in behind:
                self._settle(pending, msgspec.structs.replace(end, bystander=True))
        self._finish(end)
        if not self._lost.done():
            self._lost.set_result(None)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  # asyncio's name
        """Where asyncio puts what comes next. A view: below TLS it is filled piece by piece, and a slice must not be a copy."""
        return self._buffers.view

    def buffer_updated(self, nbytes: int) -> None:
        """Cut complete frames out of the stream and deliver each to its request."""
        self._bytes_in += nbytes
        with self._buffers.view[:nbytes] as received:
            if not self._buffer:
                # Small answers mostly come whole: they are cut out of what came, without a copy of it.
                self._buffer += received[self._cut(self._buffers.inbox, nbytes) :]
                return
            self._buffer += received
        if len(self._buffer) >= self._need:
            del self._buffer[: self._cut(self._buffer, len(self._buffer))]

    # From bytes to answers.

    def _cut(self, stream: bytearray, have: int) -> int:
        """Deliver every complete frame in the first `have` bytes of the stream; returns where the next one begins."""
        arrived_s, arrived_ms = time.monotonic(), now_ms()
        at = 0
        while have - at >= 4 and self._end is None:
            size = int.from_bytes(stream[at : at + 4], "big", signed=True)
            if not _LEAST_FRAME <= size <= self._limits.frame_bytes:
                self._end_garbled(*foreign_protocol(bytes(stream[at:have]), size, self._limits.frame_bytes))
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
        pending = self._sent.pop(correlation, None)
        if pending is None:
            self._end_garbled(f"answered a request that was not sent (correlation id {correlation})")
            return
        begin = start + 4
        if pending.tagged:
            begin = skip_tags(stream, begin, end)
            if begin < 0:
                broken = Refusal(Trouble.GARBLED, f"{self.whom} sent a broken header for {api_name(pending.api_key)}")
                self._settle(pending, broken)
                self._finish(broken)
                return
        since_s = max(pending.sent_s, self._last_answer_s)
        self._last_answer_s = arrived_s
        self.answers += 1
        bytes_in, service_ms = end - start + 4, (arrived_s - since_s) * 1_000
        self._meter.count_answer(pending.api_key, bytes_in, service_ms)
        if pending.abandoned:
            self._abandoned -= 1
        else:
            data = pending.earlier
            if data is None or len(data) != end - begin or not stream.startswith(data, begin):
                with memoryview(stream) as view:
                    data = bytes(view[begin:end])
            self._settle(pending, Frame(data, pending.sent_ms, arrived_ms, bytes_in, pending.bytes_out, service_ms))
        self._send_next()

    def _settle(self, pending: PendingRequest, result: Frame | Refusal) -> None:
        if not pending.settled:
            pending.settled = True
            pending.tell(result)

    # From requests to bytes.

    def _send(self, pending: PendingRequest) -> None:
        transport, encoded = self._transport, pending.unsent
        if transport is None or encoded is None:
            self._settle(pending, self._end or Refusal(Trouble.CLOSED, f"the connection to {self.whom} is not open"))
            return
        correlation = self._next_id
        self._next_id = (correlation + 1) & 0x7FFFFFFF
        client = self._client[encoded.flexible]
        size = 8 + len(client) + len(encoded.body)
        head = _HEAD.pack(size, encoded.api_key, encoded.version, correlation)
        pending.unsent = None
        pending.bytes_out = size + 4
        self._sent[correlation] = pending
        if not self._unwritten:
            self._buffers.at_end_of_turn(self._write)
        self._unwritten.append(pending)
        self._out += (head, client, encoded.body)

    def _write(self) -> None:
        """Write the requests of this turn of the event loop: one write costs more than encoding many requests."""
        (unwritten, self._unwritten), (out, self._out) = (self._unwritten, []), (self._out, [])
        if self._transport is None or self._end is not None:
            return
        sent_s, sent_ms = time.monotonic(), now_ms()
        for pending in unwritten:
            pending.sent_s, pending.sent_ms, pending.bytes_in_before = sent_s, sent_ms, self._bytes_in
            self._meter.count_request(pending.api_key, pending.bytes_out)
        self._transport.write(b"".join(out))

    def _send_next(self) -> None:
        while self._waiting and self._end is None and len(self._sent) - self._abandoned < self._limits.in_flight:
            pending = self._waiting.popleft()
            if not pending.settled:
                self._send(pending)

    # Ends.

    def _wake_at(self, due_s: float) -> None:
        """One timer serves all requests: a timer for each would cost as much as sending it."""
        if self._timer is not None:
            if self._timer.when() <= due_s:
                return
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(due_s, self._wake)

    def _wake(self) -> None:
        self._timer = None
        now_s = time.monotonic() + _CLOCK_S
        waiting = [request for request in (*self._sent.values(), *self._waiting) if not request.settled]
        for pending in waiting:
            if pending.due_s <= now_s:
                self._time_is_up(pending, 0)
        later = [request.due_s for request in waiting if request.due_s > now_s]
        if later and self._end is None:
            self._wake_at(min(later))

    def _time_is_up(self, pending: PendingRequest, turn: int) -> None:
        if pending.settled:
            return
        if turn < _DRAIN_TURNS and self._end is None and self._poll.poll(0):
            # What has arrived while this process was busy counts as arrived: let the loop read it first.
            asyncio.get_running_loop().call_soon(self._time_is_up, pending, turn + 1)
            return
        self._settle(pending, self._verdict(pending))
        self._forget(pending)

    def _verdict(self, pending: PendingRequest) -> Refusal:
        name = api_name(pending.api_key)
        if pending.unsent is not None:
            waiting = f"{len(self._sent)} earlier requests on this connection are unanswered"
            return Refusal(Trouble.SLOW, f"{self.whom} was not asked {name} in time: {waiting}")
        waited = duration_text((time.monotonic() - pending.sent_s) * 1_000)
        received = self._bytes_in - pending.bytes_in_before
        if not received:
            return Refusal(Trouble.SILENT, f"{self.whom} sent not one byte within {waited} after {name} was asked")
        detail = f"{bytes_text(received)} came{self._at_what_point()}"
        return Refusal(Trouble.SLOW, f"{self.whom} answers, but {name} was not whole within {waited}: {detail}")

    def _forget(self, pending: PendingRequest) -> None:
        """Abandon a request; its late answer will be dropped."""
        if pending.unsent is not None:
            if pending in self._waiting:
                self._waiting.remove(pending)
        elif pending in self._sent.values() and not pending.abandoned:
            pending.abandoned = True
            self._abandoned += 1
            if self._abandoned > self._limits.abandoned:
                self._finish(Refusal(Trouble.SLOW, f"{self.whom} left {self._abandoned} requests unanswered", retriable=True))
            else:
                self._send_next()

    def _end_garbled(self, reason: str, remedy: str = "") -> None:
        self._finish(Refusal(Trouble.GARBLED, f"{self.whom} {reason}", remedy))

    def _finish(self, end: Refusal) -> None:
        if self._end is not None:
            return
        self._end = end
        if self._timer is not None:
            self._timer.cancel()
        waiting = [*self._sent.values(), *self._waiting]
        self._sent.clear()
        self._waiting.clear()
        self._abandoned = 0
        for pending in waiting:
            self._settle(pending, end)
        if self._transport is not None:
            self._transport.abort()

    def _at_what_point(self) -> str:
        have = len(self._buffer)
        if have == 0:
            return ""
        if have < 4:
            return f" ({have} of the first 4 bytes of an answer)"
        return f" ({bytes_text(have - 4)} of an answer of {bytes_text(self._need - 4)})"
