"""What every mechanism is to the exchange: messages in turn, without any I/O."""

from __future__ import annotations

from typing import Protocol


class SaslFailed(Exception):
    """The peer did not keep to the mechanism or did not prove itself; the reason is the end of a sentence about the peer."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


class SaslExchange(Protocol):
    """One login under way."""

    @property
    def hint(self) -> str:
        """What the peer told about a refusal inside the mechanism; empty when it told nothing."""
        ...

    def first(self) -> bytes:
        """The message that begins."""
        ...

    def next(self, challenge: bytes) -> bytes | None:
        """The answer to what the peer said; None when the login is done. Raises SaslFailed."""
        ...


class OneMessage:
    """A mechanism that sends one message and hears yes or no."""

    hint = ""

    def __init__(self, message: bytes) -> None:
        self._message = message

    def first(self) -> bytes:
        """The message."""
        return self._message

    def next(self, challenge: bytes) -> None:
        """Done, whatever is said with the yes."""
