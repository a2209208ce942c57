"""Partial failure as a value: what came of asking the outside world once.

The words of `State` are those of the design; every `Answer` of a Snapshot carries one.
`Trouble` says how a question failed as seen from here: refused, silent and slow are different.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class State(StrEnum):
    """How far an answer can be trusted."""

    COMPLETE = "complete"
    VISIBLE_ONLY = "visible-only"
    PARTIAL = "partial"
    DENIED = "denied"
    UNSUPPORTED = "unsupported"
    THROTTLED = "throttled"
    FAILED = "failed"
    STALE = "stale"
    NOT_COLLECTED = "not-collected"


class Trouble(StrEnum):
    """Why a question got no usable answer, from this vantage."""

    UNRESOLVED = "unresolved"
    """The host name has no address here."""
    REFUSED = "refused"
    """The peer's machine answered that nothing listens on the port."""
    UNREACHABLE = "unreachable"
    """The network said that there is no way (no route, host unreachable, reset while connecting)."""
    SILENT = "silent"
    """Connected (or connecting) and asked, and not one byte came back in time."""
    SLOW = "slow"
    """The peer answers, but this answer was not whole in time."""
    CLOSED = "closed"
    """The peer closed the connection before the answer was whole."""
    THROTTLED = "throttled"
    """The peer muted this client for its quota."""
    INSECURE = "insecure"
    """The TLS handshake failed: one side does not trust the other, or one of them does not speak TLS here."""
    UNAUTHENTICATED = "unauthenticated"
    """The peer did not let this client in: credentials or mechanism are not accepted, or the peer did not prove itself."""
    DENIED = "denied"
    """The principal may not ask this."""
    UNSUPPORTED = "unsupported"
    """The peer has no common version of this request."""
    GARBLED = "garbled"
    """What came back is not the protocol."""
    REJECTED = "rejected"
    """The peer answered with an error code."""


class Outcome(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One question's end: a value, or the trouble and its reason; with the times that judge the peer.

    `sent_ms` and `arrived_ms` are wall-clock epoch milliseconds; `arrived_ms` is stamped as the last byte
    came in, so that a busy process never makes a peer look slow. `throttle_ms` is what the broker said. `reason` says what
    happened and `remedy` what to do about it, both as the parts of one sentence; `untried` is true where the peer was not
    tried because of what another one had answered.
    """

    value: T | None
    state: State
    sent_ms: int
    arrived_ms: int | None = None
    trouble: Trouble | None = None
    reason: str = ""
    remedy: str = ""
    untried: bool = False
    throttle_ms: int = 0

    @property
    def ok(self) -> bool:
        """True when there is a value."""
        return self.value is not None

    @property
    def sentence(self) -> str:
        """Reason and remedy for a person; empty where nothing went wrong."""
        return f"{self.reason}; {self.remedy}" if self.remedy else self.reason
