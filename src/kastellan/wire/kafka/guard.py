"""Lets no answer through to the codec that could make it allocate more than this machine has.

The codec allocates what an array length announces, and when that fails the process aborts: no handler sees it.
A length that large needs five bytes of which the first four have their high bit set. Most answers hold no such
run anywhere and are safe at the price of one translation of their bytes. In lists of topics the runs are nearly
always parts of topic ids: such an answer is decoded with its runs defused, and the ids are put right afterwards.
What is left, and the legacy encoding, is walked first.
"""

from __future__ import annotations

import contextlib
import os
import resource
from functools import cache
from pathlib import Path
from typing import Final
from uuid import UUID

from kastellan.wire.kafka import schema
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.layout import Broken, Walk
from kastellan.wire.kafka.schema import Entity

_RUN: Final = b"hhhhl"
_HIGH: Final = ord("h")
_ROOMY_BYTES: Final = 8 << 30
_DEFUSED: Final = 0x80
"""As the fifth byte of a length it makes the codec refuse the length."""
_WITH_TOPIC_IDS: Final = frozenset({int(Api.METADATA), int(Api.DESCRIBE_TOPIC_PARTITIONS)})
_ID_BYTES: Final = 16


def read_guarded(api: int, version: int, data: bytes) -> tuple[Entity, int]:
    """The answer and where it ends. Raises Broken, or whatever the codec raises; it never ends the process."""
    read = schema.response_reader(api, version)
    if schema.flexible(api, version):
        kinds = data.translate(_kinds())
        if _RUN not in kinds:
            return read(data, 0)
        if api in _WITH_TOPIC_IDS:
            decoded = _with_ids(read, data, bytearray(kinds))
            if decoded is not None:
                return decoded
    Walk(data).end_of(api, version)
    return read(data, 0)


def _with_ids(read: schema.Reader, data: bytes, kinds: bytearray) -> tuple[Entity, int] | None:
    """The answer if every run of it lies in a topic id; None when one may lie elsewhere."""
    defused = bytearray(data)
    places: list[int] = []
    at = kinds.find(_RUN)
    while at >= 0:
        place = at + len(_RUN) - 1
        defused[place] = _DEFUSED
        kinds[place] = _HIGH  # which may be the fourth byte of a further run
        places.append(place)
        at = kinds.find(_RUN, at + 1)
    sparing = bytes(defused)
    try:
        entity, end = read(sparing, 0)
    except Exception:  # noqa: BLE001  # the codec raises many kinds; the walk will say what is wrong, if anything is
        return None
    return (entity, end) if _put_right(entity, data, sparing, places) else None


def _put_right(entity: Entity, data: bytes, sparing: bytes, places: list[int]) -> bool:
    """Give every topic its true id; False when a defused byte lies in none of them."""
    cursor, next_place, count = 0, 0, len(places)
    for topic in entity.topics:
        if next_place == count:
            break
        if topic.topic_id is None:
            continue
        start = sparing.find(topic.topic_id.bytes, cursor)
        if start < 0 or places[next_place] < start:
            return False
        cursor = start + _ID_BYTES
        if places[next_place] < cursor:
            # The objects are frozen for their users; this one has none yet.
            object.__setattr__(topic, "topic_id", UUID(bytes=data[start:cursor]))
            while next_place < count and places[next_place] < cursor:
                next_place += 1
    return next_place == count


@cache
def _kinds() -> bytes:
    """Every byte as h (high bit), l (ends a length that is too large) or a dot."""
    least = 2 if _roomy() else 1
    return bytes(_HIGH if byte >= 0x80 else ord("l") if byte >= least else ord(".") for byte in range(256))


def _roomy() -> bool:
    """Whether this machine grants 4 GiB that nobody touches.

    Then a fifth byte of 1 does no harm, which is what follows an unknown leader epoch (-1) in a commit without metadata.
    """
    if resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY:
        return False
    with contextlib.suppress(OSError):
        if Path("/proc/sys/vm/overcommit_memory").read_text(encoding="ascii").strip() == "2":
            return False
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >= _ROOMY_BYTES


__all__ = ["Broken", "read_guarded"]
