"""The only way between one node and everybody else: the node is in a network of its own, and this process has a foot in each.

Outside it listens where the node did, inside it listens where the other nodes do, so that nobody's settings change. Clients are
let through for as long as it lives; what goes between nodes is hurt on a signal: from then on packets are lost (`_packets`).
"""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
import sys
import weakref
from collections.abc import Coroutine
from pathlib import Path
from typing import Protocol

import msgspec

from kastellan.kernel.deadline import Deadline
from kastellan.lab.faults import _child, _packets
from kastellan.lab.faults._namespace import Namespace
from kastellan.lab.faults._redirection import Redirection
from kastellan.lab.model import Lab, recorded_in

CLIENTS, BROKERS, QUORUM = "clients", "brokers", "quorum"
"""What a link is for: clients and who gives tokens or tickets, replication, and the controllers or ZooKeeper."""
NAMESPACE, REDIRECTION = "namespace", "redirection"
"""What a network of the node's own is."""
READY, STRUCK = "ready", "struck"
"""Files that it writes: the entrance of the node's network once every listener is there, and that the links are hurt."""
STRIKE = signal.SIGUSR1
_BIND_S, _AGAIN_S = 60.0, 0.05
_HERE = "127.0.0.1"
_ANY = f"{_HERE}:0"
_BACKLOG, _PIECE = 128, 64 * 1024


class Link(msgspec.Struct, frozen=True):
    """A way through: who connects to `address` on one side is connected to the same address on the other.

    `inward` leads to the node, else it is the node that connects. `use` is what it is for.
    """

    address: str
    inward: bool
    use: str


def links(lab: Lab, node_id: int) -> tuple[Link, ...]:
    """Every way that this node needs: its own listeners, those of the others, and who gives tokens or tickets."""
    node = lab.node(node_id)
    endpoints = [(node.client, True, CLIENTS), (node.broker, True, BROKERS), (node.controller, True, QUORUM)]
    for other in lab.nodes:
        if other.id != node_id:
            endpoints += [(other.broker, False, BROKERS), (other.controller, False, QUORUM), (other.zookeeper, False, QUORUM)]
    endpoints += [(lab.issuer.rpartition("/")[2], False, CLIENTS), (lab.kdc, False, CLIENTS)]
    return tuple(Link(address.replace("localhost", _HERE), inward, use) for address, inward, use in endpoints if address)


class Side(msgspec.Struct, frozen=True):
    """An address on one side of the relay: in the node's network (`inside`), or in that of all."""

    inside: bool
    address: str


class Network(Protocol):
    """The node's own, seen from the relay."""

    def tcp_socket(self) -> socket.socket:
        """One for TCP that is in it."""
        ...

    def host(self, host: str) -> str:
        """Where in it something is that is at this host outside."""
        ...


class Relay:
    """Carries connections both ways, and hurts those of some uses: `share` of their packets will be lost.

    `drops` says where the kernel may lose them. Only `INSIDE`: what can be hurt takes one hop more there, on which it loses its
    packets, and who is outside connects and then hears nothing. `NOWHERE`: the relay itself holds back what it carries.
    """

    def __init__(self, hurts: frozenset[str], share: float, network: Network, drops: str) -> None:
        self._hurts = hurts
        self._share = share
        self._network = network
        self._drops = drops
        self._line = _packets.Line(share)
        self._struck = False
        self._victims: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, link: Link) -> None:
        """Let connections through for one link, as soon as nobody else listens where it begins."""
        start, end = (Side(inside, link.address) for inside in (not link.inward, link.inward))
        hurt = link.use in self._hurts
        if hurt and self._drops == _packets.INSIDE:
            hop = await self._listen(Side(inside=True, address=_ANY), end, hurt=hurt)
            end = Side(inside=True, address=hop)
        await self._listen(start, end, hurt=hurt)

    def strike(self) -> None:
        """Hurt every link of those uses, those that are open and those to come."""
        self._struck = True
        if self._drops == _packets.NOWHERE:
            self._line.turn_bad()
        for victim in self._victims:
            if victim.fileno() >= 0:  # not closed
                _packets.lose(victim, self._share)

    async def _listen(self, start: Side, end: Side, *, hurt: bool) -> str:
        listener = self._create_socket(start, hurt=hurt)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        deadline = Deadline.after(_BIND_S)
        while not _bound(listener, self._place(start)):
            if deadline.passed:
                sys.exit(f"{start.address} did not become free in time")
            await asyncio.sleep(_AGAIN_S)
        listener.listen(_BACKLOG)
        self._keep(self._accept(listener, start, end, hurt=hurt))
        host, port = listener.getsockname()
        return f"{host}:{port}"

    async def _accept(self, listener: socket.socket, start: Side, end: Side, *, hurt: bool) -> None:
        with listener:
            while True:
                near, _ = await asyncio.get_running_loop().sock_accept(listener)
                self._hold(near, start, hurt=hurt)
                self._keep(self._carry(near, end, hurt=hurt))

    async def _carry(self, near: socket.socket, end: Side, *, hurt: bool) -> None:
        line = self._line if hurt else _packets.CLEAR
        with near, self._create_socket(end, hurt=hurt) as far:
            try:
                if await line.brings():
                    await asyncio.get_running_loop().sock_connect(far, self._place(end))
                    async with asyncio.TaskGroup() as both:
                        both.create_task(_pump(near, far, line))
                        both.create_task(_pump(far, near, line))
                else:
                    await _swallow(near)
            except* OSError:  # one of the two has ended: so does the other
                pass

    def _place(self, side: Side) -> tuple[str, int]:
        host, _, port = side.address.rpartition(":")
        return self._network.host(host) if side.inside else host, int(port)

    def _create_socket(self, side: Side, *, hurt: bool) -> socket.socket:
        created = self._network.tcp_socket() if side.inside else socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        created.setblocking(False)
        self._hold(created, side, hurt=hurt)
        return created

    def _hold(self, sock: socket.socket, side: Side, *, hurt: bool) -> None:
        if hurt and (self._drops == _packets.EVERYWHERE or (side.inside and self._drops == _packets.INSIDE)):
            self._victims.add(sock)
            if self._struck:
                _packets.lose(sock, self._share)

    def _keep(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _pump(source: socket.socket, target: socket.socket, line: _packets.Line) -> None:
    loop = asyncio.get_running_loop()
    target.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        while piece := await loop.sock_recv(source, _PIECE):
            if await line.brings():
                await loop.sock_sendall(target, piece)
    except OSError:
        if await line.brings():  # else nobody hears of its end either
            raise
        return
    if await line.brings():
        target.shutdown(socket.SHUT_WR)


async def _swallow(source: socket.socket) -> None:
    """Answer nothing until whoever is there gives up."""
    while await asyncio.get_running_loop().sock_recv(source, _PIECE):
        pass


def _bound(listener: socket.socket, place: tuple[str, int]) -> bool:
    try:
        listener.bind(place)
    except OSError as problem:
        if problem.errno != errno.EADDRINUSE:
            raise
        return False
    return True


async def _run(lab: Lab, node_id: int, relay: Relay, entrance: str) -> None:
    def strike() -> None:
        relay.strike()
        _child.write_output(STRUCK, "")

    asyncio.get_running_loop().add_signal_handler(STRIKE, strike)
    for link in links(lab, node_id):
        await relay.open(link)
    _child.write_output(READY, entrance)
    await asyncio.Event().wait()


def main() -> None:
    """Arguments: the lab's directory, the node's id, the uses of links to hurt and the share of their packets that will be lost.

    Then what the node's network is, and where the kernel may lose packets.
    """
    directory, node_id, hurts, share, kind, drops = sys.argv[1:7]
    with Namespace() if kind == NAMESPACE else Redirection(int(node_id), Path()) as network:
        relay = Relay(frozenset(hurts.split(",")), float(share), network, drops)
        asyncio.run(_run(recorded_in(Path(directory)), int(node_id), relay, network.entrance))


if __name__ == "__main__":
    main()
