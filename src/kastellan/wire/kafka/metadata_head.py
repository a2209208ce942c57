"""The head of a Metadata answer, read without decoding the rest.

KRaft brokers put a random broker into `controller_id`, so two answers about the same topics are never the same bytes;
from the topics on they are. Whoever remembers those bytes need not decode them again.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final

import msgspec

_FIRST_FLEXIBLE: Final = 9
_MOST_BROKERS: Final = 100_000


class Listed(msgspec.Struct, frozen=True):
    """A live broker as Metadata names it; the names of the fields are the protocol's."""

    node_id: int
    host: str
    port: int
    rack: str | None


class MetadataHead(msgspec.Struct, frozen=True):
    """Everything before the topics, and where they begin."""

    brokers: Sequence[Listed]
    cluster_id: str | None
    topics_at: int


def metadata_head(version: int, data: bytes) -> MetadataHead | None:
    """The head; None for versions before 9 and for bytes that are no such head."""
    if version < _FIRST_FLEXIBLE:
        return None
    try:
        return _Reader(data).head()
    except (IndexError, struct.error, UnicodeDecodeError, ValueError):
        return None


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 4  # behind the throttle time

    def head(self) -> MetadataHead:
        count = self._varint() - 1
        if not 0 <= count <= _MOST_BROKERS:
            raise ValueError(count)
        brokers = [self._broker() for _ in range(count)]
        cluster_id = self._text()
        return MetadataHead(brokers, cluster_id, self._at + 4)

    def _broker(self) -> Listed:
        node, host = self._int32(), self._text()
        port, rack = self._int32(), self._text()
        if host is None or self._varint():
            # Tagged fields of a broker are none that we know: the whole answer is decoded then.
            raise ValueError(host)
        return Listed(node, host, port, rack)

    def _int32(self) -> int:
        (value,) = struct.unpack_from(">i", self._data, self._at)
        self._at += 4
        return value

    def _text(self) -> str | None:
        length = self._varint() - 1
        if length < 0:
            return None
        start, self._at = self._at, self._at + length
        if self._at > len(self._data):
            raise ValueError(length)
        return self._data[start : self._at].decode()

    def _varint(self) -> int:
        value = 0
        for shift in range(0, 35, 7):
            byte = self._data[self._at]
            self._at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise ValueError(value)
