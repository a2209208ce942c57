"""What a source remembers from collection to collection, so that what did not change is neither decoded nor packed again.

An answer whose bytes are those of the last collection means what it meant then: its columns are used again, and so is
whatever was derived from columns that are all the same objects as then. Comparing bytes costs a hundredth of decoding them.
Nothing is ever taken from the cache for a broker that did not answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from operator import is_
from typing import Any, Final, TypeVar

import msgspec
import polars as pl

T = TypeVar("T")

_RIGHTS_S: Final = 300.0
"""How long the rights of this principal on the cluster are taken as current."""


class _Entry(msgspec.Struct, frozen=True):
    version: int
    data: bytes
    value: Any


class _Derived(msgspec.Struct, frozen=True):
    basis: tuple[object, ...]
    value: Any


class DecodeCache:
    """Of one cluster, for one source; as large as one collection's answers and their columns."""

    def __init__(self) -> None:
        self._entries: dict[Hashable, _Entry] = {}
        self._derived: dict[Hashable, _Derived] = {}
        self._rights: tuple[int, float] | None = None
        self.reached: dict[int, bool] = {}
        """Which brokers answered in the last collection, or at first contact, and told of the cluster what most others did:
        those are asked first what any broker can tell."""

    def recall(self, slot: Hashable, version: int, data: bytes) -> Any | None:  # noqa: ANN401
        """What these very bytes meant in the last collection; None when other bytes came then."""
        entry = self._entries.get(slot)
        return entry.value if entry is not None and entry.version == version and entry.data == data else None

    def bytes_of(self, slot: Hashable) -> bytes | None:
        """The bytes that are remembered of an earlier answer."""
        entry = self._entries.get(slot)
        return None if entry is None else entry.data

    def last_value(self, slot: Hashable) -> Any | None:  # noqa: ANN401
        """What the answer of an earlier collection meant, whatever comes in this one: good for a guess, not for a table."""
        entry = self._entries.get(slot)
        return None if entry is None else entry.value

    def remember(self, slot: Hashable, version: int, data: bytes, value: Any) -> None:  # noqa: ANN401
        """Remember a meaning; the one before it is forgotten."""
        self._entries[slot] = _Entry(version, data, value)

    def derive(self, slot: Hashable, basis: Sequence[object], build: Callable[[], T]) -> T:
        """What `build` makes of `basis`, built once as long as all of that are the same objects. They must never change."""
        before = self._derived.get(slot)
        if before is not None and len(before.basis) == len(basis) and all(map(is_, before.basis, basis)):
            return before.value
        value = build()
        self._derived[slot] = _Derived(tuple(basis), value)
        return value

    def reuse_equal(self, slot: Hashable, frame: pl.DataFrame) -> pl.DataFrame:
        """The frame of the last collection where it holds the same rows, so that what was derived from it serves again."""
        before = self._derived.get(slot)
        if before is not None and before.value.equals(frame):
            return before.value
        self._derived[slot] = _Derived((), frame)
        return frame

    @property
    def rights(self) -> int | None:
        """The principal's rights on the cluster, when they were told not long ago."""
        if self._rights is None or time.monotonic() - self._rights[1] > _RIGHTS_S:
            return None
        return self._rights[0]

    def remember_rights(self, rights: int) -> None:
        """Take over what DescribeCluster said."""
        self._rights = (rights, time.monotonic())
