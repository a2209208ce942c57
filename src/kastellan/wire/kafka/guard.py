"""Lets no answer through to the codec that could make it allocate more than this machine has.

The codec allocates what an array length announces, and when that fails the process aborts: no handler sees it.
A length that large needs five bytes of which the first four have their high bit set. Most answers hold no such
run anywhere and are safe at the price of one translation of their bytes. In the rest the runs are nearly always
topic ids or texts: the answer is decoded once with every run made longer than a length may be, which the codec
refuses where it reads a length, and passes over elsewhere. What is left, and the legacy encoding, is walked.
"""

from __future__ import annotations

import contextlib
import os
import resource
from functools import cache
from pathlib import Path
from typing import Final

from kastellan.wire.kafka import schema
from kastellan.wire.kafka.layout import Broken, Walk

_RUN: Final = b"hhhhl"
_ROOMY_BYTES: Final = 8 << 30
_TOO_LONG: Final = 0x80


def check(api: int, version: int, data: bytes) -> None:
    """Raise Broken when the answer announces more than it holds and decoding it could end the process."""
    if schema.flexible(api, version):
        runs = _runs(data)
        if not runs or _only_values(api, version, data, runs):
            return
    Walk(data).end_of(api, version)


def _runs(data: bytes) -> list[int]:
    kinds = data.translate(_kinds())
    found: list[int] = []
    at = kinds.find(_RUN)
    while at >= 0:
        found.append(at)
        at = kinds.find(_RUN, at + 1)
    return found


def _only_values(api: int, version: int, data: bytes, runs: list[int]) -> bool:
    longer = bytearray(data)
    for at in runs:
        longer[at + len(_RUN) - 1] = _TOO_LONG
    try:
        return schema.response_reader(api, version)(bytes(longer), 0)[1] == len(data)
    except Exception:  # noqa: BLE001  # the codec raises many kinds; the walk will say what is wrong, if anything is
        return False


@cache
def _kinds() -> bytes:
    """Every byte as h (high bit), l (ends a length that is too large) or a dot."""
    least = 2 if _roomy() else 1
    return bytes(0x68 if byte >= 0x80 else 0x6C if byte >= least else 0x2E for byte in range(256))


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


__all__ = ["Broken", "check"]
