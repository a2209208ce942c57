"""The login of one client, shared by its connections; refused credentials are not tried again at once.

Directories lock accounts after a few wrong passwords, and a client opens many connections at once. So the first login
goes alone; where it is refused the others do not try. After one broker has accepted the login, the others are tried freely, and
a refusal concerns that broker alone.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Final

from kastellan.config.security import Login, mechanism_name
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.outcome import Trouble
from kastellan.kernel.units import duration_text
from kastellan.wire.kafka.connection import Connection
from kastellan.wire.kafka.endpoint import Endpoint
from kastellan.wire.kafka.progress import Progress
from kastellan.wire.kafka.sasl.exchange import Session, authenticate
from kastellan.wire.kafka.sasl.mechanisms import mechanism_for
from kastellan.wire.kafka.trouble import Refusal
from kastellan.wire.kafka.versions import Ranges

_log: Final = logging.getLogger(__name__)

_FIRST_TURN_S: Final = 2.0
"""How long the others wait for the first login to end: a silent broker must not hold them up."""
_FIRST_PAUSE_S: Final = 60.0
_LONGEST_PAUSE_S: Final = 900.0
_ELSEWHERE_PAUSE_S: Final = 2.0
"""After a KDC was unreachable: no account can be locked, and the other connections need not all find out by themselves."""


class SaslLogin:
    """Logs connections in. Use it from one event loop."""

    def __init__(self, login: Login) -> None:
        """Raises BadInput or MissingTool, see `methods`."""
        self.mechanism = mechanism_name(login)
        self._mechanism = mechanism_for(login)
        self._first = asyncio.Lock()
        self._proven = False
        self._refusals = 0
        self._refused: Refusal | None = None
        self._not_before_s = 0.0

    @property
    def user(self) -> str | None:
        """The user name, as far as it is known."""
        return self._mechanism.user

    async def log_in(
        self, connection: Connection, endpoint: Endpoint, ranges: Ranges, deadline: Deadline, progress: Progress | None = None
    ) -> Session | Refusal:
        """Log an open connection in, the first time or again."""
        progress = progress or Progress()
        if self._proven:
            return await self._once(connection, endpoint, ranges, deadline, progress)
        held = await self._turn(deadline)
        try:
            return self._pause_refusal(connection.whom) or await self._once(connection, endpoint, ranges, deadline, progress)
        finally:
            if held:
                self._first.release()

    async def _turn(self, deadline: Deadline) -> bool:
        try:
            async with asyncio.timeout_at(deadline.within(_FIRST_TURN_S).at_s):
                return await self._first.acquire()
        except TimeoutError:
            return False

    def _pause_refusal(self, whom: str) -> Refusal | None:
        left_s = self._not_before_s - time.monotonic()
        if self._refused is None or left_s <= 0 or self._proven:
            return None
        pause = duration_text(left_s * 1_000)
        _log.debug("%s: these credentials are tried again in %s", whom, pause)
        why = "" if self._refused.elsewhere else ", so that no account is locked"
        reason = f"{whom} was not asked to let us in{why}"
        return Refusal(Trouble.UNAUTHENTICATED, reason, elsewhere=self._refused.elsewhere, untried=True)

    async def _once(
        self, connection: Connection, endpoint: Endpoint, ranges: Ranges, deadline: Deadline, progress: Progress
    ) -> Session | Refusal:
        exchange = await self._mechanism.begin(endpoint, deadline, progress)
        if isinstance(exchange, Refusal):
            result: Session | Refusal = exchange
        else:
            result = await authenticate(connection, ranges, self.mechanism, exchange, deadline)
        if isinstance(result, Session):
            self._proven, self._refused, self._refusals = True, None, 0
            return result
        if result.trouble is Trouble.UNAUTHENTICATED:
            self._mechanism.forget()
        if result.trouble is Trouble.UNAUTHENTICATED and not self._proven:
            pause_s = _ELSEWHERE_PAUSE_S if result.elsewhere else min(_FIRST_PAUSE_S * 2**self._refusals, _LONGEST_PAUSE_S)
            self._refusals += not result.elsewhere
            self._refused, self._not_before_s = result, time.monotonic() + pause_s
        return result
