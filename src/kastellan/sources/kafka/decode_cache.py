"""What a source remembers from look to look, so that what did not change is neither decoded nor packed again.

An answer whose bytes are those of the last look means what it meant then: its columns are used again, and so is
whatever was made of columns that are all the same objects as then. Nothing is ever taken from memory for a broker that
did not answer.
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
"""How long the rights of this principal on the cluster are taken as known."""


class _Kept(msgspec.Struct, frozen=True):
    version: int
    data: bytes
    value: Any


class _Made(msgspec.Struct, frozen=True):
    basis: tuple[object, ...]
    value: Any


class DecodeCache:
    """Of one cluster, for one source; as large as one look's answers and their columns."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, _Kept] = {}
        self._made: dict[Hashable, _Made] = {}
        self._rights: tuple[int, float] | None = None
        self.reached: dict[int, bool] = {}
        """Which brokers answered in the last look, or at first contact, and did not tell of the cluster what no other does: those
        are asked first what any broker can tell."""

    def recall(self, slot: Hashable, version: int, data: bytes) -> Any | None:  # noqa: ANN401
        """What these very bytes meant in the last look; None when other bytes came then."""
        kept = self._kept.get(slot)
        return kept.value if kept is not None and kept.version == version and kept.data == data else None

    def bytes_of(self, slot: Hashable) -> bytes | None:
        """The bytes that were remembered of an earlier answer."""
        kept = self._kept.get(slot)
        return None if kept is None else kept.data

    def last(self, slot: Hashable) -> Any | None:  # noqa: ANN401
        """What the answer of an earlier look meant, whatever comes in this one: good for a guess, not for a table."""
        kept = self._kept.get(slot)
        return None if kept is None else kept.value

    def keep(self, slot: Hashable, version: int, data: bytes, value: Any) -> None:  # noqa: ANN401
        """Remember a meaning; the one before it is forgotten."""
        self._kept[slot] = _Kept(version, data, value)

    def made(self, slot: Hashable, basis: Sequence[object], make: Callable[[], T]) -> T:
        """What `make` makes of `basis`, made once as long as all of that are the same objects. They must never change."""
        before = self._made.get(slot)
        if before is not None and len(before.basis) == len(basis) and all(map(is_, before.basis, basis)):
            return before.value
        value = make()
        self._made[slot] = _Made(tuple(basis), value)
        return value

    def same(self, slot: Hashable, frame: pl.DataFrame) -> pl.DataFrame:
        """The frame of the last look where it holds the same rows, so that what was made of it serves again."""
        before = self._made.get(slot)
        if before is not None and before.value.equals(frame):
            return before.value
        self._made[slot] = _Made((), frame)
        return frame

    @property
    def rights(self) -> int | None:
        """The principal's rights on the cluster, when they were told not long ago."""
        if self._rights is None or time.monotonic() - self._rights[1] > _RIGHTS_S:
            return None
        return self._rights[0]

    def learn_rights(self, rights: int) -> None:
        """Take over what DescribeCluster said."""
        self._rights = (rights, time.monotonic())
