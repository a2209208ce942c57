"""Loses packets as a bad network does: the kernel throws away a share of what arrives at a socket before TCP sees it.

A filter on a socket is the oldest way to do that on Linux: it needs no program and no module. What is lost is not acknowledged,
so that the sender repeats it with growing pauses; a listener whose filter takes everything never answers the first packet of a
connection. Newer kernels ask who filters TCP for a right over the network that the socket is in.

Where the kernel may not, whoever carries a connection does to its pieces what TCP makes of lost packets (`Line`).
"""

from __future__ import annotations

import asyncio
import ctypes
import random
import socket
import struct
from collections.abc import Iterator

ALL = 1.0
EVERYWHERE, INSIDE, NOWHERE = "everywhere", "inside", "nowhere"
"""Where the kernel may lose packets: on both sides of a relay, on that of the node, or on none."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 120.0
_SO_ATTACH_FILTER = 26
_RANDOM = 0xFFFF_F000 + 56
_LOAD, _AT_LEAST, _RETURN = 0x20, 0x35, 0x06
_WHOLE_PACKET, _NOTHING = 0xFFFF_FFFF, 0
_INSTRUCTION, _PROGRAM = "=HBBI", "@HP"


def program(share: float) -> bytes:
    """A program of the kernel's packet filter that takes this share of all packets away (0 to 1), by chance."""
    if share >= ALL:
        return struct.pack(_INSTRUCTION, _RETURN, 0, 0, _NOTHING)
    steps = (
        (_LOAD, 0, 0, _RANDOM),
        (_AT_LEAST, 0, 1, int(share * 2**32)),
        (_RETURN, 0, 0, _WHOLE_PACKET),
        (_RETURN, 0, 0, _NOTHING),
    )
    return b"".join(struct.pack(_INSTRUCTION, *step) for step in steps)


def lose(sock: socket.socket, share: float) -> None:
    """Lose this share of what arrives at the socket from now on, and at every one that it accepts.

    Raises `PermissionError` where the kernel does not let us.
    """
    code = program(share)
    held = ctypes.create_string_buffer(code, len(code))
    count = len(code) // struct.calcsize(_INSTRUCTION)
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack(_PROGRAM, count, ctypes.addressof(held)))


def may_lose() -> bool:
    """Whether the kernel lets us lose packets in the network that this process is in."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tried:
        try:
            lose(tried, 0.0)
        except PermissionError:
            return False
    return True


def pauses_s(share: float, draw: random.Random) -> Iterator[float]:
    """How long TCP waits each time before it repeats a packet, until one is not lost: without end where all are."""
    pause_s = _FIRST_PAUSE_S
    while draw.random() < share:
        yield pause_s
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


class Line:
    """A way on which pieces are held back as long as TCP needs to bring them, or for ever, once it is bad."""

    def __init__(self, share: float) -> None:
        self._share = share
        self._draw = random.Random()
        self._bad = False

    def turn_bad(self) -> None:
        """From now on."""
        self._bad = True

    async def brings(self) -> bool:
        """Wait as long as a piece is under way; whether it arrives."""
        if self._bad and self._share >= ALL:
            return False
        for pause_s in pauses_s(self._share if self._bad else 0.0, self._draw):
            await asyncio.sleep(pause_s)
        return True


CLEAR = Line(0.0)
"""A way on which nothing is ever lost."""
