"""The headings of columns: what a person reads, and what may be typed after --sort, --where and --columns."""

from __future__ import annotations

from typing import Final

_HEADERS: Final = {
    "from_here": "from here",
    "out_of_sync": "out of sync",
    "answer_ms": "answered in",
    "replication_factor": "RF",
    "min_insync_replicas": "min ISR",
    "under_replicated": "under-repl.",
    "cleanup_policy": "policy",
    "in_sync": "ISR",
    "lag_records": "lag",
    "worst_lag_records_known": "worst partition",
    "log_end_offset": "log end",
    "behind_ms": "behind",
    "stable_lag_records": "stable lag",
    "lag_s": "age",
    "error_s": "+/-",
    "client_host": "host",
}
_UNITS: Final = ("_s", "_ms", "_bytes", "_records")


def header_of(column: str) -> str:
    """The heading of a column, without its unit: the values show that.

    >>> header_of("size_bytes"), header_of("resource_type"), header_of("answer_ms")
    ('SIZE', 'RESOURCE TYPE', 'ANSWERED IN')
    """
    heading = _HEADERS.get(column, column)
    for unit in _UNITS if heading is column else ():
        heading = heading.removesuffix(unit)
    return heading.replace("_", " ").upper()
