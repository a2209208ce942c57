"""One process has two of its calls, `bind` and `connect`, looked at by another before the kernel does them.

Linux lets every process ask for that since 5.5, without a right, and container engines leave it on where they forbid namespaces:
a filter can only take away from who has it. Whoever looks may change what the call points to, as a debugger may.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import platform
import struct
from collections.abc import Mapping

import msgspec

_NO_NEW_PRIVILEGES, _PTRACER = 38, 0x5961_6D61
_SET_FILTER, _WITH_LISTENER = 1, 1 << 3
_NOTIFY, _ALLOW = 0x7FC0_0000, 0x7FFF_0000
_LOAD, _EQUALS, _RETURN = 0x20, 0x15, 0x06
_AT_NUMBER, _AT_MACHINE = 0, 4
_INSTRUCTION, _PROGRAM = "=HBBI", "@HP"
_CALL, _ANSWER = "=QIIiIQ6Q", "=QqiI"
_RECEIVE, _SEND, _IS_VALID = 0xC050_2100, 0xC018_2101, 0x4008_2102
_GO_ON = 1


class Machine(msgspec.Struct, frozen=True):
    """How a processor's calls are numbered; `audit` is the kernel's number of its kind."""

    audit: int
    bind: int
    connect: int
    seccomp: int


MACHINES: Mapping[str, Machine] = {
    "x86_64": Machine(audit=0xC000_003E, bind=49, connect=42, seccomp=317),
    "aarch64": Machine(audit=0xC000_00B7, bind=200, connect=203, seccomp=277),
}


class Call(msgspec.Struct, frozen=True):
    """A call that waits. `thread` made it, and `pointer` is where the address stands in its memory."""

    id: int
    thread: int
    pointer: int


def program(machine: Machine) -> bytes:
    """A program of the kernel's filter that lets everything pass but the two calls, which wait to be looked at."""
    steps = (
        (_LOAD, 0, 0, _AT_MACHINE),
        (_EQUALS, 0, 4, machine.audit),
        (_LOAD, 0, 0, _AT_NUMBER),
        (_EQUALS, 1, 0, machine.bind),
        (_EQUALS, 0, 1, machine.connect),
        (_RETURN, 0, 0, _NOTIFY),
        (_RETURN, 0, 0, _ALLOW),
    )
    return b"".join(struct.pack(_INSTRUCTION, *step) for step in steps)


def install(looker: int) -> int:
    """From now on the two calls of this process, and of what it becomes, wait for who has the descriptor that is returned.

    `looker` is the process that will look. Raises `OSError` where that is not allowed, or the processor is not known.
    """
    machine = MACHINES.get(platform.machine())
    if machine is None:
        msg = f"calls are not known by number on {platform.machine()}"
        raise OSError(msg)
    libc = ctypes.CDLL(None, use_errno=True)
    _checked_result(libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    libc.prctl(_PTRACER, ctypes.c_ulong(looker), 0, 0, 0)  # refused where nothing hinders it from looking
    code = program(machine)
    held = ctypes.create_string_buffer(code, len(code))
    filter_program = struct.pack(_PROGRAM, len(code) // struct.calcsize(_INSTRUCTION), ctypes.addressof(held))
    return _checked_result(libc.syscall(machine.seccomp, _SET_FILTER, _WITH_LISTENER, filter_program))


def receive(listener: int) -> Call | None:
    """The next call that waits; None when it does not wait any more."""
    buffer = bytearray(struct.calcsize(_CALL))
    try:
        fcntl.ioctl(listener, _RECEIVE, buffer)
    except (FileNotFoundError, InterruptedError):
        return None
    number, thread, _, _, _, _, _, pointer, *_ = struct.unpack(_CALL, buffer)
    return Call(number, thread, pointer)


def waits(listener: int, call: Call) -> bool:
    """Whether the call waits yet: while it does, the number of its thread is nobody else's."""
    try:
        fcntl.ioctl(listener, _IS_VALID, struct.pack("=Q", call.id))
    except FileNotFoundError:
        return False
    return True


def let_go(listener: int, call: Call) -> None:
    """Let the kernel do the call, with what stands in memory now."""
    try:
        fcntl.ioctl(listener, _SEND, struct.pack(_ANSWER, call.id, 0, 0, _GO_ON))
    except FileNotFoundError:  # whoever made it is gone
        return


def _checked_result(result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
