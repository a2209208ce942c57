"""A connection slot: the one connection to an address for one purpose, dialled once, shared, and dialled again with back-off."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Final

import msgspec

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.outcome import Trouble
from kastellan.kernel.units import duration_text
from kastellan.wire.kafka.connection import Connection
from kastellan.wire.kafka.dial import DialOptions
from kastellan.wire.kafka.endpoint import Endpoint
from kastellan.wire.kafka.handshake import NEWEST, Greeting, Handshake, greet
from kastellan.wire.kafka.progress import Progress
from kastellan.wire.kafka.sasl.exchange import Session
from kastellan.wire.kafka.trouble import Refusal

_log: Final = logging.getLogger(__name__)

_FIRST_PAUSE_S: Final = 0.25
_LONGEST_PAUSE_S: Final = 10.0
_DIAL_S: Final = 30.0
_LOGIN_PAUSE_S: Final = 60.0
"""After a login that was refused: directories lock accounts after a few wrong passwords."""
_RENEW_AT: Final = 0.85
"""The share of a session's life after which it is renewed, as Kafka's own clients do it."""
_LEAST_SESSION_S: Final = 1.1
"""Brokers refuse a second login within a second."""


class ConnectionSlot:
    """One connection with its handshake; a peer that failed is left alone for a growing pause."""

    def __init__(self, endpoint: Endpoint, options: DialOptions) -> None:
        self.endpoint = endpoint
        self.whom = endpoint.label
        """What sentences call the peer; kept, because every question needs it."""
        self.handshake: Handshake | None = None
        self.muted_until_s = 0.0
        self._options = options
        self._connection: Connection | None = None
        self._dialling: asyncio.Task[Connection | Refusal] | None = None
        self._progress = Progress()
        self._renew_at_s: float | None = None
        self._failures = 0
        self._not_before_s = 0.0
        self._refusal: Refusal | None = None
        self._shut = False
        self._served = False
        self._first_version = NEWEST
        """Which version of ApiVersions this peer is asked first."""

    @property
    def warm(self) -> bool:
        """True while a connection is open."""
        return self._connection is not None and self._connection.open

    @property
    def served(self) -> bool:
        """Whether the peer has ever answered more than ApiVersions here, which it answers to anybody."""
        return self._served or (self._connection is not None and self._connection.answers > 1)

    @property
    def presented(self) -> bytes | None:
        """The certificate (DER) of the open connection's peer; empty where it is not encrypted, None where none is open."""
        if self._connection is None or not self._connection.open:
            return None
        return self._connection.certificate or b""

    def name(self, endpoint: Endpoint) -> None:
        """An address that was typed turned out to be a broker's: call it so from now on."""
        if self.endpoint.node_id is None:
            self.endpoint, self.whom = endpoint, endpoint.label
            if self._connection is not None:
                self._connection.whom = self.whom

    def unanswered_since(self, api_key: int) -> int | None:
        """When a question of this kind was sent that is overdue and still unanswered (epoch ms)."""
        return self._connection.unanswered_since(api_key) if self._connection is not None else None

    @property
    def at_once(self) -> Connection | None:
        """The connection where it can be used without waiting for anything."""
        usable = self.warm and not self._shut and self._dialling is None and not self._renewal_is_due()
        return self._connection if usable else None

    async def ready(self, deadline: Deadline) -> Connection | Refusal:
        """The open connection, after the handshake. Whoever comes while it is being dialled waits for the same one."""
        if self._shut:
            return Refusal(Trouble.CLOSED, f"the client was closed before {self.whom} was asked")
        if self._dialling is None:
            if (usable := self.at_once) is not None:
                return usable
            pause_s = self._not_before_s - time.monotonic()
            if self._refusal is not None and pause_s > 0:
                _log.debug("%s is dialled again in %s", self.whom, duration_text(pause_s * 1_000))
                return msgspec.structs.replace(self._refusal, retriable=False)
            self._dialling = asyncio.create_task(self._dial(Deadline.after(_DIAL_S)), name=f"dial {self.endpoint.address}")
        task = self._dialling
        await asyncio.wait((task,), timeout=deadline.remaining_s())
        if task.done() and not task.cancelled():
            return task.result()
        if self._progress.instead is not None:
            return self._progress.instead
        return Refusal(Trouble.SILENT, f"{self.whom} did not finish the {self._progress.stage} before the deadline")

    def _renewal_is_due(self) -> bool:
        return self._renew_at_s is not None and time.monotonic() >= self._renew_at_s

    async def _dial(self, deadline: Deadline) -> Connection | Refusal:
        try:
            if self._connection is not None and self._connection.open:
                renewed = await self._log_in(self._connection, deadline)
                if renewed is None:
                    return self._connection
                await self._connection.aclose()
                if renewed.trouble is Trouble.UNAUTHENTICATED:
                    self._note_failure(renewed)
                    return renewed
            dialled = self.endpoint
            greeting = await greet(dialled, deadline, self._options, self._progress, version=self._first_version)
            opened = greeting if isinstance(greeting, Refusal) else await self._log_in_first(greeting, deadline)
            if isinstance(opened, Connection) and self.endpoint != dialled:  # named while it was being dialled
                opened.whom = self.whom
            if isinstance(opened, Refusal):
                self._note_failure(opened)
            return opened
        finally:
            self._dialling = None

    async def _log_in_first(self, greeting: Greeting, deadline: Deadline) -> Connection | Refusal:
        opened = greeting.connection
        refusal: Refusal | None = Refusal(Trouble.CLOSED, f"the client was closed before {opened.whom} was asked")
        try:
            self.handshake = greeting.handshake
            self._first_version = greeting.handshake.asked_first
            refusal = await self._log_in(opened, deadline)
        finally:
            if refusal is not None:  # or cancelled by `close`: either way nobody else closes it
                await opened.aclose()
        if refusal is not None:
            return refusal
        self._served = self.served
        self._connection = opened
        self._failures, self._refusal = 0, None
        return opened

    async def _log_in(self, connection: Connection, deadline: Deadline) -> Refusal | None:
        """Log in, the first time or again on the same connection; None when that went well or is not needed."""
        login = self._options.security.login
        if login is None or self.handshake is None:
            return None
        self._progress.stage = f"login by {login.mechanism}"
        session = await login.log_in(connection, self.endpoint, self.handshake.ranges, deadline, self._progress)
        if not isinstance(session, Session):
            return session
        life_s = session.lifetime_ms / 1_000
        self._renew_at_s = time.monotonic() + max(life_s * _RENEW_AT, _LEAST_SESSION_S) if life_s else None
        return None

    def _note_failure(self, refusal: Refusal) -> None:
        first_s, longest_s = _FIRST_PAUSE_S, _LONGEST_PAUSE_S
        if refusal.trouble is Trouble.UNAUTHENTICATED and not refusal.elsewhere:
            first_s = longest_s = _LOGIN_PAUSE_S
        pause_s = min(first_s * 2**self._failures, longest_s)
        self._failures += 1
        self._refusal = refusal
        self._not_before_s = time.monotonic() + pause_s

    async def close(self) -> None:
        """Leave no task and no socket behind."""
        self._shut = True
        task = self._dialling
        if task is not None:
            task.cancel()
            await asyncio.wait((task,))
        if self._connection is not None:
            await self._connection.aclose()
