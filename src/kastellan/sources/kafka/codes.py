"""Error codes as the tables keep them: a name, or nothing."""

from __future__ import annotations

from kastellan.wire.kafka.codes import code_name


def error_name(code: int) -> str | None:
    """The protocol's name of an error code; None for no error.

    >>> error_name(0), error_name(3)
    (None, 'UNKNOWN_TOPIC_OR_PARTITION')
    """
    return code_name(code) if code else None
