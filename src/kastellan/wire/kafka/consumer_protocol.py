"""What members of classic consumer groups write into their group: bytes by clients, so anything may be in them."""

from __future__ import annotations

import struct

from kastellan.kernel.errors import Garbled

Assignment = dict[str, tuple[int, ...]]


def assignment_of(data: bytes) -> Assignment:
    """The partitions by topic of a `consumer` member's assignment; empty for a member that has none.

    Raises Garbled for bytes that are no assignment, as groups of other protocols have.
    """
    if not data:
        return {}
    try:
        count, at = struct.unpack_from(">i", data, 2)[0], 6
        assignment: Assignment = {}
        for _ in range(count):
            length: int = struct.unpack_from(">h", data, at)[0]
            name = data[at + 2 : at + 2 + length].decode()
            at += 2 + length
            count: int = struct.unpack_from(">i", data, at)[0]
            _require(sound=length >= 0 and 0 <= count * 4 <= len(data) - at - 4)
            assignment[name] = struct.unpack_from(f">{count}i", data, at + 4)
            at += 4 + 4 * count
    except (ValueError, struct.error):
        raise Garbled(f"a member wrote {len(data)} bytes that are no consumer assignment") from None
    return assignment


def subscription_of(data: bytes) -> tuple[str, ...]:
    """The topics that a `consumer` member subscribes to. Raises Garbled for bytes that are no subscription."""
    if not data:
        return ()
    try:
        count, at = struct.unpack_from(">i", data, 2)[0], 6
        topics: list[str] = []
        for _ in range(count):
            length: int = struct.unpack_from(">h", data, at)[0]
            _require(sound=0 <= length <= len(data) - at - 2)
            topics.append(data[at + 2 : at + 2 + length].decode())
            at += 2 + length
    except (ValueError, struct.error):
        raise Garbled(f"a member wrote {len(data)} bytes that are no consumer subscription") from None
    return tuple(topics)


def _require(*, sound: bool) -> None:
    if not sound:
        raise ValueError
