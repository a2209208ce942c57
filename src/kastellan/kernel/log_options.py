"""What a user may choose about logs; apart from the logs themselves, so that a command line is parsed without them."""

from __future__ import annotations

from enum import StrEnum


class LogLevel(StrEnum):
    """The least level that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How a log line is written."""

    TEXT = "text"
    JSON = "json"
