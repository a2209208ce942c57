"""Error codes of the protocol as names and as states."""

from __future__ import annotations

from typing import Final

from kio.schema.errors import ErrorCode

from kastellan.kernel.outcome import State

_NAMES: Final = {int(each): each.name.upper() for each in ErrorCode}
_UNSUPPORTED: Final = frozenset({35, 42})  # UNSUPPORTED_VERSION, INVALID_REQUEST
_NOT_SUPPORTED_WORDS: Final = ("UNSUPPORTED",)


def error_name(code: int) -> str | None:
    """The protocol's name of an error code; None for no error.

    >>> error_name(0), error_name(3), error_name(31_000)
    (None, 'UNKNOWN_TOPIC_OR_PARTITION', 'ERROR_31000')
    """
    return None if code == 0 else _NAMES.get(code, f"ERROR_{code}")


def state_of_error(code: int) -> State:
    """What an error code makes of an Answer.

    >>> state_of_error(29).value, state_of_error(35).value, state_of_error(5).value
    ('denied', 'unsupported', 'failed')
    """
    name = error_name(code)
    if name is None:
        return State.COMPLETE
    if "AUTHORIZATION" in name:
        return State.DENIED
    if name.startswith(_NOT_SUPPORTED_WORDS) or code in _UNSUPPORTED:
        return State.UNSUPPORTED
    return State.FAILED
