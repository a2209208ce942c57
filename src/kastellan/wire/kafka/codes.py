"""Kafka's error codes: names, whether to try again, and which trouble each one is."""

from __future__ import annotations

from typing import Final

from kastellan.kernel.outcome import State, Trouble
from kastellan.wire.kafka.codec import ErrorCode
from kastellan.wire.kafka.trouble import state_of

NONE: Final = 0

_CODES: Final = {int(code.value): code for code in ErrorCode}
_DENIED: Final = frozenset(
    {
        29,  # topic authorization failed
        30,  # group authorization failed
        31,  # cluster authorization failed
        53,  # transactional id authorization failed
        65,  # delegation token authorization failed
    }
)
_UNSUPPORTED: Final = frozenset(
    {
        33,  # unsupported SASL mechanism
        35,  # unsupported version
        43,  # unsupported for message format
        54,  # security disabled: no authorizer is there to be asked
        61,  # delegation tokens are not enabled
        64,  # delegation token request not allowed: of the connection, which proves nobody, and of no right
        76,  # unsupported compression type
        114,  # mismatched endpoint type: a broker was asked as a controller, or the other way round
        115,  # unsupported endpoint type
    }
)
_UNAUTHENTICATED: Final = frozenset({34, 58})  # illegal SASL state, SASL authentication failed
_THROTTLED: Final = frozenset({89})


class UnknownCode(int):
    """An error code that is newer than this version: its number, which is all that is known."""

    @property
    def value(self) -> int:
        """The number."""
        return int(self)

    @property
    def name(self) -> str:
        """A name made of the number."""
        return f"error_{int(self)}"

    @property
    def retriable(self) -> bool:
        """False: nobody knows."""
        return False

    def __repr__(self) -> str:
        return f"<UnknownCode: {int(self)}>"


def is_known(code: int) -> bool:
    """True for a code that this version has a name for."""
    return code in _CODES


def code_name(code: int) -> str:
    """The protocol's name of an error code.

    >>> code_name(16), code_name(9999)
    ('NOT_COORDINATOR', 'error code 9999')
    """
    listed = _CODES.get(int(code))
    return listed.name.upper() if listed is not None else f"error code {int(code)}"


def retriable(code: int) -> bool:
    """Whether asking again later, perhaps somebody else, can go well."""
    listed = _CODES.get(int(code))
    return listed is not None and bool(listed.retriable)


def trouble_of(code: int) -> Trouble | None:
    """The trouble of an error code in an answer; None when it is no error.

    >>> str(trouble_of(29)), str(trouble_of(6)), trouble_of(0)
    ('denied', 'rejected', None)
    """
    number = int(code)
    if number == NONE:
        return None
    if number in _UNAUTHENTICATED:
        return Trouble.UNAUTHENTICATED
    if number in _DENIED:
        return Trouble.DENIED
    if number in _UNSUPPORTED:
        return Trouble.UNSUPPORTED
    if number in _THROTTLED:
        return Trouble.THROTTLED
    return Trouble.REJECTED


def state_of_code(code: int) -> State:
    """The state of an Answer whose whole content is this error code."""
    trouble = trouble_of(code)
    return State.COMPLETE if trouble is None else state_of(trouble)
