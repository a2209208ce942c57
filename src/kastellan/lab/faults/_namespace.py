"""A network of a node's own that is a namespace: as root, or in a user namespace, which needs no right.

It is gone when the relay and the node are, and nothing of it is seen by anybody else: no address, no rule, no device of the
machine changes.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Self

AS_ROOT: tuple[str, ...] = ()
AS_ANYBODY = ("unshare", "-r")
"""What the relay is started through."""
_CLONE_NEWNET, _SIOCSIFFLAGS, _IFF_UP = 0x4000_0000, 0x8914, 1
_TRY_S = 20.0


def is_allowed(way: tuple[str, ...]) -> bool:
    """Whether this machine allows namespaces in this way, and has the programs for it."""
    if not shutil.which("nsenter"):
        return False
    try:
        tried = subprocess.run([*way, "unshare", "-n", "true"], capture_output=True, check=False, timeout=_TRY_S)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return tried.returncode == 0


def entering(entrance: str, way: tuple[str, ...]) -> list[str]:
    """What a node is started through, so that it is in the namespace."""
    if not way:
        return ["nsenter", f"--net={entrance}"]
    process = entrance.split("/task/", maxsplit=1)[0]
    return ["nsenter", "--preserve-credentials", f"--user={process}/ns/user", f"--net={entrance}"]


class Namespace:
    """One for as long as the block: a thread is in it, and a socket is where the thread was that made it."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, initializer=enter)

    def __enter__(self) -> Self:
        """With a loopback that works."""
        return self

    def __exit__(self, *_: object) -> None:
        """It is gone when whoever else is in it is gone."""
        self._thread.shutdown()

    @property
    def entrance(self) -> str:
        """The path of the namespace."""
        number = self._thread.submit(threading.get_native_id).result()
        return f"/proc/{os.getpid()}/task/{number}/ns/net"

    def tcp_socket(self) -> socket.socket:
        """One for TCP."""
        return self._thread.submit(socket.socket, socket.AF_INET, socket.SOCK_STREAM).result()

    def host(self, host: str) -> str:
        """Addresses are inside what they are outside."""
        return host


def enter() -> None:
    """Give this thread a network of its own, with a loopback that works."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", _IFF_UP))
