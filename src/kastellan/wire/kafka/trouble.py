"""How a question failed, before it becomes an Outcome; and the words for what an operating system said."""

from __future__ import annotations

import errno
import os
import socket
import time
from typing import TypeVar

import msgspec

from kastellan.kernel.outcome import Outcome, State, Trouble

T = TypeVar("T")

_STATES = {Trouble.DENIED: State.DENIED, Trouble.UNSUPPORTED: State.UNSUPPORTED, Trouble.THROTTLED: State.THROTTLED}


class Refusal(msgspec.Struct, frozen=True):
    """Why there is no answer, seen from here.

    `reason` says what happened and `remedy` what to do about it (it may be empty), as the two parts of one sentence. `code`
    is Kafka's error code where the peer answered with one.
    """

    trouble: Trouble
    reason: str
    remedy: str = ""
    code: int = 0
    retriable: bool = False
    """One more try on a fresh connection may go well."""
    suspect: bool = False
    """The peer closed the connection when it had to answer this request next, and others were behind it."""
    bystander: bool = False
    """The peer closed the connection when it had to answer another request first."""
    elsewhere: bool = False
    """Somebody else who is needed first did not answer (a KDC), so the peer was not asked and refused nothing."""
    untried: bool = False
    """The peer was not tried, because of what another peer had answered."""

    @property
    def sentence(self) -> str:
        """Reason and remedy for a person."""
        return f"{self.reason}; {self.remedy}" if self.remedy else self.reason


def now_ms() -> int:
    """The wall clock, in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def state_of(trouble: Trouble) -> State:
    """The state that an Answer with this trouble has."""
    return _STATES.get(trouble, State.FAILED)


def failed_outcome(refusal: Refusal, sent_ms: int, like: type[T] | None = None) -> Outcome[T]:  # noqa: ARG001
    """The Outcome of a refusal; `like` only tells a type checker what it would have held."""
    return Outcome(
        value=None,
        state=state_of(refusal.trouble),
        sent_ms=sent_ms,
        trouble=refusal.trouble,
        reason=refusal.reason,
        remedy=refusal.remedy,
        untried=refusal.untried,
    )


def of_os_error(error: OSError, whom: str) -> Refusal:
    """What a failed look-up or connect means, in one sentence."""
    if isinstance(error, socket.gaierror):
        return Refusal(Trouble.UNRESOLVED, f"{whom}: the host name has no address here ({error.strerror})")
    if isinstance(error, ConnectionRefusedError):
        return Refusal(Trouble.REFUSED, f"{whom} refused the connection: nothing listens there")
    if error.errno in {errno.EMFILE, errno.ENFILE}:
        reason = f"{whom}: this process has no file handles left"
        return Refusal(Trouble.UNREACHABLE, reason, "raise ulimit -n")
    detail = os.strerror(error.errno) if error.errno else str(error)
    return Refusal(Trouble.UNREACHABLE, f"{whom} cannot be reached from here: {detail}")
