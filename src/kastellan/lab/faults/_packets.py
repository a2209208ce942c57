"""Loses packets as a bad network does: the kernel throws away a share of what arrives at a socket before TCP sees it.

A filter on a socket is the oldest way to do that on Linux: it needs no program and no module. What is lost is not acknowledged,
so that the sender repeats it with growing pauses; a listener whose filter takes everything never answers the first packet of a
connection. Newer kernels ask who filters TCP for a right over the network that the socket is in.
"""

from __future__ import annotations

import ctypes
import socket
import struct

ALL = 1.0
_SO_ATTACH_FILTER = 26
_RANDOM = 0xFFFF_F000 + 56
_LOAD, _AT_LEAST, _RETURN = 0x20, 0x35, 0x06
_WHOLE, _NOTHING = 0xFFFF_FFFF, 0
_INSTRUCTION, _PROGRAM = "=HBBI", "@HP"


def program(share: float) -> bytes:
    """A program of the kernel's packet filter that takes this share of all packets away (0 to 1), by chance."""
    if share >= ALL:
        return struct.pack(_INSTRUCTION, _RETURN, 0, 0, _NOTHING)
    steps = (
        (_LOAD, 0, 0, _RANDOM),
        (_AT_LEAST, 0, 1, int(share * 2**32)),
        (_RETURN, 0, 0, _WHOLE),
        (_RETURN, 0, 0, _NOTHING),
    )
    return b"".join(struct.pack(_INSTRUCTION, *each) for each in steps)


def lose(sock: socket.socket, share: float) -> None:
    """Lose this share of what arrives at the socket from now on, and at every one that it accepts.

    Raises `PermissionError` where the kernel does not let us.
    """
    code = program(share)
    held = ctypes.create_string_buffer(code, len(code))
    count = len(code) // struct.calcsize(_INSTRUCTION)
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack(_PROGRAM, count, ctypes.addressof(held)))


def may_lose(sock: socket.socket) -> bool:
    """Whether the kernel lets us lose packets of a socket that is in this network."""
    try:
        lose(sock, 0.0)
    except PermissionError:
        return False
    return True
