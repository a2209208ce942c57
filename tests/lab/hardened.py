"""A program that becomes another one, as in a container that its engine hardens: no namespaces, no filters on sockets.

It does by hand what such engines do: whoever it becomes, and all of its children, get "not permitted" as their answer.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import socket
import struct
import sys

from kastellan.lab.faults._seccomp import MACHINES

LOAD, EQUALS, RETURN = 0x20, 0x15, 0x06
ALLOW, REFUSE = 0x7FFF_0000, 0x0005_0000 | errno.EPERM
NO_NEW_PRIVILEGES, SET_SECCOMP, FILTER = 38, 22, 2
AT_NUMBER, AT_OPTION = 0, 16 + 2 * 8
ATTACH_FILTER = 26
UNSHARE, SETNS, SETSOCKOPT = {"x86_64": (272, 308, 54), "aarch64": (97, 268, 208)}.get(platform.machine(), (0, 0, 0))
"""By their numbers in the kernel."""


def harden() -> None:
    """Forbid it to this process and to what it becomes."""
    assert platform.machine() in MACHINES
    steps = (
        (LOAD, 0, 0, AT_NUMBER),
        (EQUALS, 5, 0, UNSHARE),
        (EQUALS, 4, 0, SETNS),
        (EQUALS, 0, 2, SETSOCKOPT),
        (LOAD, 0, 0, AT_OPTION),
        (EQUALS, 1, 0, ATTACH_FILTER),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, REFUSE),
    )
    code = b"".join(struct.pack("=HBBI", *each) for each in steps)
    held = ctypes.create_string_buffer(code, len(code))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0
    whole = struct.pack("@HP", len(steps), ctypes.addressof(held))
    assert libc.prctl(SET_SECCOMP, FILTER, whole, 0, 0) == 0, os.strerror(ctypes.get_errno())


def assert_hardened() -> None:
    """It is what it says."""
    assert ctypes.CDLL(None).unshare(0) == -1
    with socket.socket() as tried:
        try:
            tried.setsockopt(socket.SOL_SOCKET, ATTACH_FILTER, struct.pack("@HP", 0, 0))
        except PermissionError:
            return
    raise AssertionError


if __name__ == "__main__":
    harden()
    assert_hardened()
    os.execvp(sys.argv[1], sys.argv[1:])
