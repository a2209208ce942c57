"""One reply of the outside world."""

from __future__ import annotations

import msgspec

from kastellan.kernel.outcome import State, Trouble


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Who was asked what, and how far the reply can be trusted.

    A table's provenance is its Answers: every row names, in its `answer` column, the Answer that gave its values
    or that failed to give them. Times are epoch milliseconds on our clock.
    """

    id: int
    source: str
    asked: str
    of: str
    state: State
    sent_ms: int
    arrived_ms: int | None = None
    trouble: Trouble | None = None
    reason: str = ""
    throttle_ms: int = 0

    def sentence(self) -> str:
        """The answer as one line for a person."""
        tail = f": {self.reason}" if self.reason else ""
        return f"{self.asked} of {self.of} {self.state}{tail}"
