"""A raw answer of a node, and its decoded form."""

from __future__ import annotations

import msgspec

from kastellan.wire.kafka.decode import decode
from kastellan.wire.kafka.schema import Entity


class Reply(msgspec.Struct, frozen=True):
    """A raw answer; `decode_reply` makes an object of it. Times are wall-clock epoch milliseconds."""

    node: int | None
    whom: str
    api: int
    version: int
    data: bytes
    sent_ms: int
    arrived_ms: int


def decode_reply(reply: Reply) -> Entity:
    """The answer as an object. Raises Garbled. Large ones take milliseconds: run them off the event loop."""
    return decode(reply.api, reply.version, reply.data, reply.whom)
