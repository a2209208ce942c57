"""Structured logs through the standard library: an event, and named fields.

Nothing is logged anywhere until `log_to` is called: a command that runs once is silent. An event is a constant text; what
varies stands in its fields, which are plain values, names and sentences, never settings of a login. A Secret that gets into a
field shows as asterisks. A traceback is logged without the values of variables, as Python does.
"""

from __future__ import annotations

import json
import logging
import time
from typing import TextIO

from kastellan.kernel.log_options import LogFormat, LogLevel

_ROOT = "kastellan"
logging.getLogger(_ROOT).addHandler(logging.NullHandler())


class EventLog:
    """Logs the events of one module."""

    __slots__ = ("_logger",)

    def __init__(self, module: str) -> None:
        self._logger = logging.getLogger(module)

    def debug(self, event: str, **fields: object) -> None:
        """An event that helps whoever looks for a fault."""
        self._log(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: object) -> None:
        """An event of normal work."""
        self._log(logging.INFO, event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """An event after which something is missing or late."""
        self._log(logging.WARNING, event, fields)

    def _log(self, level: int, event: str, fields: dict[str, object]) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, event, extra={"fields": fields})


def log_to(stream: TextIO, level: LogLevel, form: LogFormat) -> None:
    """Log the events of Kastellan to a stream from now on, in place of where they were logged before."""
    logger = logging.getLogger(_ROOT)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_JsonFormatter() if form is LogFormat.JSON else _TextFormatter())
    logger.handlers[:] = [handler]
    logger.setLevel(level.value.upper())
    logger.propagate = False


def _time_of(record: logging.LogRecord) -> str:
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
    return f"{moment}.{int(record.msecs):03d}Z"


class _JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": _time_of(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


class _TextFormatter(logging.Formatter):
    """One line for a person: `2026-12-01T16:28:30.250Z INFO kastellan.app.monitor run finished cluster=abc`."""

    def format(self, record: logging.LogRecord) -> str:
        fields = (
            f"{name}={json.dumps(value, default=str, ensure_ascii=False)}"
            for name, value in getattr(record, "fields", {}).items()
        )
        line = " ".join((_time_of(record), record.levelname, record.name, record.getMessage(), *fields))
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line
