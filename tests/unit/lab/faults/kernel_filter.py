"""The kernel's own filter machine, as far as our programs use it."""

from __future__ import annotations

import struct
from collections.abc import Callable

LOAD, EQUALS, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06


def decided(code: bytes, load: Callable[[int], int]) -> int:
    """What the kernel would do: run the program; `load` gives the value at a place of what it looks at."""
    steps = list(struct.iter_unpack("=HBBI", code))
    held, at = 0, 0
    while True:
        kind, then, otherwise, value = steps[at]
        at += 1
        if kind == RETURN:
            return value
        if kind == LOAD:
            held = load(value)
        else:
            assert kind in {EQUALS, AT_LEAST}
            at += then if (held == value if kind == EQUALS else held >= value) else otherwise
