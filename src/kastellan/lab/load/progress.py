"""How the load says that it moves: counters of its parts, written whole twice a second."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

PROGRESS = "progress.json"


class Part(msgspec.Struct):
    """One writer or reader. `records` delivered or read, `commits` acknowledged, `moving` once it did all it is for."""

    records: int = 0
    commits: int = 0
    errors: int = 0
    moving: bool = False
    last_error: str = ""


class Progress(msgspec.Struct, frozen=True):
    """All parts at one moment (wall-clock epoch milliseconds)."""

    at_ms: int
    parts: Mapping[str, Part]
