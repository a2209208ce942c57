"""The search for the time at which a record was written: pure steps over what ListOffsets says of one partition.

Asked for a time, a leader names the first record that is not older, with that record's own timestamp. So the time axis can
be searched for the record at a committed offset without reading it: by where the offset lies between two known ones, and by
halves where that does not converge.
"""

from __future__ import annotations

from typing import Final

import msgspec

MOST_ROUNDS: Final = 16
_ENOUGH_MS: Final = 250
_ENOUGH_SHARE: Final = 0.01
"""A bracket is narrow enough when half of it is below this part of the age."""

_NO_RECORD: Final = -1


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one partition of one group: `low` is not above the wanted record, `high_ms` is after it."""

    group: str
    topic: str
    partition: int
    committed: int
    end: int
    now_ms: int
    high_ms: int
    high: int
    low_ms: int | None = None
    low: int = 0
    record_ms: int | None = None
    rounds: int = 0
    failed: int | None = None

    @property
    def error_ms(self) -> int:
        """How far off the middle of the bracket may be, to either side."""
        return 0 if self.record_ms is not None else (self.high_ms - (self.low_ms or 0) + 1) // 2

    @property
    def has_ended(self) -> bool:
        """Found, narrow enough, given up or failed."""
        if self.failed is not None or self.record_ms is not None or self.rounds >= MOST_ROUNDS:
            return True
        if self.low_ms is None:
            return False
        enough_ms = max(_ENOUGH_MS, (self.now_ms - self.low_ms) * _ENOUGH_SHARE)
        return self.high_ms - self.low_ms <= 1 or self.error_ms <= enough_ms


def start_search(*, group: str, topic: str, partition: int, committed: int, end: int, now_ms: int) -> Search:
    """Nothing is known but the end of the log, which is about now."""
    return Search(
        group=group, topic=topic, partition=partition, committed=committed, end=end, now_ms=now_ms, high_ms=now_ms + 1, high=end
    )


def next_ms(search: Search) -> int:
    """The time to ask for: first the beginning of the log, then by proportion and by halves in turn."""
    if search.low_ms is None:
        return 0
    width = search.high_ms - search.low_ms
    share = 0.5
    if search.rounds % 2 and search.high > search.low:
        share = (search.committed - search.low) / (search.high - search.low)
    return min(search.high_ms - 1, max(search.low_ms + 1, search.low_ms + round(width * share)))


def advance(search: Search, request_ms: int, offset: int, timestamp_ms: int) -> Search:
    """The search after the leader named the first record that is not older than `request_ms`; -1 is none."""
    rounds = search.rounds + 1
    if offset == search.committed:
        return msgspec.structs.replace(search, record_ms=timestamp_ms, rounds=rounds)
    if offset == _NO_RECORD or offset > search.committed:
        if search.low_ms is None:
            # Not even the beginning of the log is at or below the commit: the record is gone, or has no timestamp.
            return msgspec.structs.replace(search, record_ms=timestamp_ms if offset >= 0 else None, rounds=MOST_ROUNDS)
        high = search.end if offset == _NO_RECORD else offset
        return msgspec.structs.replace(search, high_ms=min(search.high_ms, request_ms), high=high, rounds=rounds)
    low_ms = max(request_ms, timestamp_ms)
    if low_ms >= search.high_ms:
        # Timestamps that lie in the future, or fall with rising offsets: nothing can be said.
        return msgspec.structs.replace(search, low_ms=None, rounds=MOST_ROUNDS)
    return msgspec.structs.replace(search, low_ms=low_ms, low=offset, rounds=rounds)
