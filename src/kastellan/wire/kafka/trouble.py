"""How a question failed, before it becomes an Outcome; and the words for what an operating system said."""

from __future__ import annotations

import errno
import os
import socket
import time
from typing import Final, TypeVar

import msgspec

from kastellan.kernel.outcome import Outcome, State, Trouble

T = TypeVar("T")

NOT_TRIED: Final = " was not asked to let us in"
"""How a refusal goes on that only repeats what another node said: it is told after the other."""

_STATES = {Trouble.DENIED: State.DENIED, Trouble.UNSUPPORTED: State.UNSUPPORTED, Trouble.THROTTLED: State.THROTTLED}


class Refusal(msgspec.Struct, frozen=True):
    """Why there is no answer, from here. `retriable`: one more try on a fresh connection may go well.

    `elsewhere`: somebody else who is needed first did not answer (a KDC), so the peer was not asked and refused nothing.
    """

    trouble: Trouble
    reason: str
    retriable: bool = False
    elsewhere: bool = False


def now_ms() -> int:
    """The wall clock, in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def state_of(trouble: Trouble) -> State:
    """The state that an Answer with this trouble has."""
    return _STATES.get(trouble, State.FAILED)


def failed(refusal: Refusal, sent_ms: int, like: type[T] | None = None) -> Outcome[T]:  # noqa: ARG001
    """The Outcome of a refusal."""
    return Outcome(value=None, state=state_of(refusal.trouble), sent_ms=sent_ms, trouble=refusal.trouble, reason=refusal.reason)


def of_os_error(error: OSError, whom: str) -> Refusal:
    """What a failed look-up or connect means, in one sentence."""
    if isinstance(error, socket.gaierror):
        return Refusal(Trouble.UNRESOLVED, f"{whom}: the host name has no address here ({error.strerror})")
    if isinstance(error, ConnectionRefusedError):
        return Refusal(Trouble.REFUSED, f"{whom} refused the connection: nothing listens there")
    if error.errno in {errno.EMFILE, errno.ENFILE}:
        return Refusal(Trouble.UNREACHABLE, f"{whom}: this process has no file handles left (raise ulimit -n)")
    said = os.strerror(error.errno) if error.errno else str(error)
    return Refusal(Trouble.UNREACHABLE, f"{whom} cannot be reached from here: {said}")
