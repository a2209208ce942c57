"""What a member of a group owns, from the bytes or the structure in its description."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from kastellan.kernel.errors import Garbled
from kastellan.wire.kafka.consumer_protocol import assignment_of, subscription_of

Owned: TypeAlias = Sequence[tuple[str | None, Sequence[int | None]]]
"""Partition numbers by topic."""


def read_assignment(member: Any) -> Owned | None:  # noqa: ANN401
    """Topics and partitions that a described member owns; None when that cannot be read.

    Connect and other embedded protocols put bytes of their own where a consumer has its assignment.
    """
    raw = getattr(member, "member_assignment", None)
    if raw is not None:
        try:
            return list(assignment_of(bytes(raw)).items())
        except Garbled:
            return None
    assignment = getattr(member, "assignment", None)
    if assignment is None or not hasattr(assignment, "topic_partitions"):
        return None
    return [(part.topic_name, list(part.partitions)) for part in assignment.topic_partitions]


def read_subscription(group: Any, member: Any) -> list[str] | None:  # noqa: ANN401
    """The topics that a described member subscribes to, sorted; None when that was not told or cannot be read.

    A classic group tells it while it is stable only, and groups of other protocols (Connect) write bytes of their own.
    """
    names = getattr(member, "subscribed_topic_names", None)
    if names is not None:
        return sorted(names)
    raw = bytes(getattr(member, "member_metadata", b""))
    if not raw or group.protocol_type != "consumer":
        return None
    try:
        return sorted(subscription_of(raw))
    except Garbled:
        return None
