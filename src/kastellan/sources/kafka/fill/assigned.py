"""What a member of a group owns, from the bytes or the structure in its description."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

Owned: TypeAlias = Sequence[tuple[str | None, Sequence[int | None]]]
"""Partition numbers by topic."""

_NEWEST: Final = 99
"""Far beyond any version of the consumer protocol: what claims a higher one is something else."""


def assigned(member: Any) -> Owned | None:  # noqa: ANN401
    """Topics and partitions that a described member owns; None when that cannot be read."""
    raw = getattr(member, "member_assignment", None)
    if raw is not None:
        return consumer_assignment(bytes(raw))
    assignment = getattr(member, "assignment", None)
    if assignment is None or not hasattr(assignment, "topic_partitions"):
        return None
    return [(each.topic_name, list(each.partitions)) for each in assignment.topic_partitions]


def consumer_assignment(raw: bytes) -> list[tuple[str | None, list[int | None]]] | None:
    """Topics and partitions of a classic consumer's assignment (ConsumerProtocolAssignment); None when unreadable.

    Connect and other embedded protocols put their own bytes there.

    >>> consumer_assignment(bytes.fromhex("0001" "00000001" "00016f" "00000002" "00000000" "00000003"))
    [('o', [0, 3])]
    >>> consumer_assignment(b"") , consumer_assignment(b"junk!")
    ([], None)
    """
    if not raw:
        return []
    try:
        version, topics = struct.unpack_from(">hi", raw, 0)
        at, found = 6, list[tuple[str | None, list[int | None]]]()
        if not 0 <= version <= _NEWEST or not 0 <= topics <= len(raw):
            return None
        for _ in range(topics):
            (length,) = struct.unpack_from(">h", raw, at)
            name = raw[at + 2 : at + 2 + length].decode()
            (count,) = struct.unpack_from(">i", raw, at + 2 + length)
            at += 6 + length
            found.append((name, list(struct.unpack_from(f">{count}i", raw, at))))
            at += 4 * count
    except (struct.error, UnicodeDecodeError):
        return None
    return found
