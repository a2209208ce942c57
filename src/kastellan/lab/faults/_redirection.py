"""A network of a node's own where namespaces are forbidden: another loopback address, to which all of its calls are led.

All of 127.0.0.0/8 is the loopback, and a lab is at 127.0.0.1 alone. So the node binds and connects at 127.0.0.1 as its settings
say, and before the kernel does it, the relay puts the node's own address there (`_seccomp`): same ports, another host. The node's
listeners are at that address then, and who it calls at 127.0.0.1 is whom the relay lets it reach. No setting changes.

Run as a program it is the door: it has its calls looked at, hands the relay what that needs, and becomes the node.
"""

from __future__ import annotations

import os
import select
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from kastellan.lab.faults import _seccomp
from kastellan.lab.tools import child_environment

_HOME = "127.0.0.1"
_DOOR = "door"
_PEER, _ADDRESS = "=iII", "=HH4s"
_TRY_S = 30.0
_ASK_ITSELF = f"import socket; asked = socket.socket(); asked.bind(('{_HOME}', 0)); print(asked.getsockname()[0])"


def is_allowed() -> bool:
    """Whether this machine lets us lead the calls of another process: tried with one."""
    try:
        with tempfile.TemporaryDirectory(prefix="kastellan-") as folder, Redirection(0, Path(folder)) as tried:
            command = [*entering(tried.entrance), sys.executable, "-c", _ASK_ITSELF]
            attempt = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_TRY_S)
            return attempt.stdout.strip() == tried.host(_HOME)
    except (OSError, subprocess.TimeoutExpired):
        return False


def entering(entrance: str) -> list[str]:
    """What a node is started through, so that it is at the address."""
    return ["env", f"PYTHONPATH={child_environment()['PYTHONPATH']}", sys.executable, "-m", __name__, entrance]


def home(node_id: int) -> str:
    """The address of this node, which no other node of its lab has; labs have ports of their own."""
    return f"127.75.0.{node_id}"


class Redirection:
    """A loopback address for this node for as long as the block; the door to it is in `folder`."""

    def __init__(self, node_id: int, folder: Path) -> None:
        self._host = home(node_id)
        self._folder = folder
        self._door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)

    def __enter__(self) -> Self:
        """Who comes through the door is looked after."""
        with _door(self._folder) as door:
            self._door.bind(door)
        self._door.listen()
        threading.Thread(target=self._look, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Nobody looks any more: the kernel refuses the calls of who came through the door."""
        self._door.shutdown(socket.SHUT_RDWR)

    @property
    def entrance(self) -> str:
        """The folder of the door."""
        return str(self._folder.absolute())

    def tcp_socket(self) -> socket.socket:
        """One for TCP."""
        return socket.socket(socket.AF_INET, socket.SOCK_STREAM)

    def host(self, host: str) -> str:
        """Where inside something is that is at this host outside."""
        return self._host if host == _HOME else host

    def _look(self) -> None:
        """Look at the calls of who comes, and then at those of the next: a node that is started again."""
        with self._door:
            while True:
                try:
                    peer, _ = self._door.accept()
                except OSError:  # it was shut
                    return
                with peer:
                    _, descriptors, _, _ = socket.recv_fds(peer, 1, 1)
                for listener in descriptors:
                    self._lead(listener)
                    os.close(listener)

    def _lead(self, listener: int) -> None:
        """Lead the calls that come to this descriptor, until whoever makes them is gone."""
        watched = select.poll()
        watched.register(listener, select.POLLIN)
        while all(event & select.POLLIN for _, event in watched.poll()):
            call = _seccomp.receive(listener)
            if call is not None:
                with suppress(OSError):  # it is gone, and so is its memory
                    self._put(listener, call)
                _seccomp.let_go(listener, call)

    def _put(self, listener: int, call: _seccomp.Call) -> None:
        """Put our address where the call has 127.0.0.1."""
        with Path(f"/proc/{call.thread}/mem").open("r+b", buffering=0) as memory:
            if not _seccomp.waits(listener, call):
                return
            memory.seek(call.pointer)
            family, port, host = struct.unpack(_ADDRESS, memory.read(struct.calcsize(_ADDRESS)))
            if family == socket.AF_INET and host == socket.inet_aton(_HOME):
                memory.seek(call.pointer)
                memory.write(struct.pack(_ADDRESS, family, port, socket.inet_aton(self._host)))


@contextmanager
def _door(folder: Path) -> Generator[str]:
    """Its path, which is short enough for a socket however deep the folder is."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{_DOOR}"
    finally:
        os.close(descriptor)


def main() -> None:
    """Arguments: the folder of the door, and the command to become."""
    folder, *command = sys.argv[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as relay:
        with _door(Path(folder)) as door:
            relay.connect(door)
        looker, _, _ = struct.unpack(_PEER, relay.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize(_PEER)))
        socket.send_fds(relay, [b"."], [_seccomp.install(looker)])
    os.execvp(command[0], command)  # noqa: S606 - that is what it is for


if __name__ == "__main__":
    main()
