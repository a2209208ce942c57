"""What every SASL mechanism is to the rest: how a login begins, and its messages in turn, without any I/O."""

from __future__ import annotations

from typing import Protocol

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.secret import SecretBytes
from kastellan.wire.kafka.endpoint import Endpoint
from kastellan.wire.kafka.progress import Progress
from kastellan.wire.kafka.trouble import Refusal


class SaslFailed(Exception):
    """The peer did not keep to the mechanism or did not prove itself; the reason is the end of a sentence about the peer."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


class SaslExchange(Protocol):
    """The messages of one login. They hold secrets or proofs of them, and do not print."""

    @property
    def hint(self) -> str:
        """What the peer said about a refusal inside the mechanism; empty when it said nothing."""
        ...

    def first(self) -> SecretBytes:
        """The message that begins."""
        ...

    def next(self, challenge: bytes) -> SecretBytes | None:
        """The answer to what the peer said; None when the login is done. Raises SaslFailed."""
        ...


class SaslMechanism(Protocol):
    """How the logins of one client begin."""

    @property
    def user(self) -> str | None:
        """The user name, where it is known before or after a login."""
        ...

    async def begin(self, endpoint: Endpoint, deadline: Deadline, progress: Progress) -> SaslExchange | Refusal:
        """A new login at this endpoint, or why there can be none now; who else is asked for it is noted in `progress`."""
        ...

    def forget(self) -> None:
        """What was used last was refused: do not use it again."""
        ...


class OneMessage:
    """A login that sends one message and gets yes or no."""

    hint = ""

    def __init__(self, message: bytes) -> None:
        self._message = SecretBytes(message)

    def first(self) -> SecretBytes:
        """The message."""
        return self._message

    def next(self, challenge: bytes) -> None:
        """Done, whatever is said with the yes."""
