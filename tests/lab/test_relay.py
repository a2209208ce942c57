"""What the relay between a node and all others does to connections, in each of its manners, and how processes are led to it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from socket import SHUT_WR, socket
from typing import Any

import pytest

from kastellan.kernel.errors import Unavailable
from kastellan.lab.faults import _enclosure, _packets, _relay
from kastellan.lab.faults._namespace import Namespace
from kastellan.lab.faults._redirection import Redirection, entering, is_allowed
from tests.lab import hardened

HOME = "127.0.0.1"
USES = [_relay.CLIENTS, _relay.BROKERS]
_WAIT_S = 0.5


@pytest.fixture(params=[_packets.EVERYWHERE, _packets.INSIDE, _packets.NOWHERE])
def drops(request: pytest.FixtureRequest) -> str:
    """Where the kernel loses packets, on a machine that allows it."""
    if request.param != _packets.NOWHERE:
        try:
            manner = _enclosure.need()
        except Unavailable as problem:
            pytest.skip(problem.message)
        if manner.kind != _relay.NAMESPACE or manner.through or not _packets.may_lose():
            pytest.skip("this machine forbids namespaces, or that packets are lost, to who runs the tests")
    return request.param


def own_network(drops: str, folder: Path) -> AbstractContextManager[Any]:
    """A network of a node's own where packets are lost in this way."""
    return Redirection(8, folder) if drops == _packets.NOWHERE else Namespace()


def test_what_is_struck_falls_silent_and_clients_go_on(drops: str, tmp_path: Path) -> None:
    with own_network(drops, tmp_path) as network:
        asyncio.run(_strike(network, drops))


async def _strike(network: _relay.Network, drops: str) -> None:
    relay = _relay.Relay(frozenset({_relay.BROKERS}), _packets.ALL, network, drops)
    serving: list[asyncio.Task[None]] = []
    asking: dict[str, socket] = {}
    with ExitStack() as stack:
        listening = {use: await _node(network, relay, stack, use) for use in USES}
        for use, node in listening.items():
            serving.append(asyncio.create_task(_echo(node)))
            asking[use] = stack.enter_context(await _connected(node))
        assert [await _answer(each) for each in asking.values()] == [b"hello", b"hello"]
        relay.strike()
        assert [await _answer(each) for each in asking.values()] == [b"hello", b""]
        try:
            late = stack.enter_context(await _connected(listening[_relay.BROKERS]))
        except TimeoutError:
            assert drops == _packets.EVERYWHERE
        else:
            assert drops != _packets.EVERYWHERE
            assert await _answer(late) == b""
        for each in serving:
            each.cancel()


def test_nobody_hears_that_the_other_side_of_a_struck_connection_ended(drops: str, tmp_path: Path) -> None:
    with own_network(drops, tmp_path) as network:
        asyncio.run(_end_unheard(network, drops))


async def _end_unheard(network: _relay.Network, drops: str) -> None:
    relay = _relay.Relay(frozenset({_relay.BROKERS}), _packets.ALL, network, drops)
    loop = asyncio.get_running_loop()
    with ExitStack() as stack:
        node = await _node(network, relay, stack, _relay.BROKERS)
        asking = await _connected(node)
        taken = stack.enter_context((await loop.sock_accept(node))[0])
        relay.strike()
        asking.close()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(_WAIT_S):
                await loop.sock_recv(taken, 1)


def test_pieces_that_the_relay_itself_holds_back_arrive_late_whole_and_in_order(tmp_path: Path) -> None:
    said = b"".join(number.to_bytes(3, "big") for number in range(60_000))

    async def hold_back(network: _relay.Network) -> float:
        relay = _relay.Relay(frozenset({_relay.BROKERS}), 0.3, network, _packets.NOWHERE)
        relay._line._draw.seed(1)
        loop = asyncio.get_running_loop()
        with ExitStack() as stack:
            node = await _node(network, relay, stack, _relay.BROKERS)
            asking = stack.enter_context(await _connected(node))
            taken = stack.enter_context((await loop.sock_accept(node))[0])
            relay.strike()
            began = time.monotonic()
            await loop.sock_sendall(asking, said)
            asking.shutdown(SHUT_WR)
            heard = b""
            async with asyncio.timeout(30):
                while piece := await loop.sock_recv(taken, 2**16):
                    heard += piece
            assert heard == said
            return time.monotonic() - began

    with Redirection(8, tmp_path) as network:
        assert asyncio.run(hold_back(network)) >= 0.2


async def _node(network: _relay.Network, relay: _relay.Relay, stack: ExitStack, use: str) -> socket:
    """Who listens in the network, behind the relay."""
    node = stack.enter_context(network.tcp_socket())
    node.setblocking(False)
    node.bind((network.host(HOME), 0))
    node.listen()
    await relay.open(_relay.Link(f"{HOME}:{node.getsockname()[1]}", inward=True, use=use))
    return node


async def _connected(node: socket) -> socket:
    """A connection to the node from outside, made within half a second."""
    made = socket()
    made.setblocking(False)
    try:
        async with asyncio.timeout(_WAIT_S):
            await asyncio.get_running_loop().sock_connect(made, (HOME, node.getsockname()[1]))
    except TimeoutError:
        made.close()
        raise
    return made


async def _echo(node: socket) -> None:
    """Take one connection, and send back what comes."""
    loop = asyncio.get_running_loop()
    taken, _ = await loop.sock_accept(node)
    with taken:
        while said := await loop.sock_recv(taken, 100):
            await loop.sock_sendall(taken, said)


async def _answer(asking: socket) -> bytes:
    """What comes back within half a second."""
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(asking, b"hello")
    try:
        async with asyncio.timeout(_WAIT_S):
            return await loop.sock_recv(asking, 100)
    except TimeoutError:
        return b""


GUEST = """
import socket, sys
from concurrent.futures import ThreadPoolExecutor

def connect(number):
    with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20) as made:
        return made.getpeername()[0]

with socket.socket() as listening, ThreadPoolExecutor(8) as several:
    listening.bind(("127.0.0.1", 0))
    print(listening.getsockname()[0], *sorted(set(several.map(connect, range(40)))))
with socket.socket() as elsewhere:
    print(elsewhere.connect_ex(("127.0.0.2", int(sys.argv[1]))) == 0)
"""


def test_who_comes_through_the_door_is_at_another_address_and_meets_others_there(tmp_path: Path) -> None:
    if not is_allowed():
        pytest.skip("this machine does not let one process lead the calls of another")
    deep = tmp_path.joinpath(*["a-folder-whose-path-is-longer-than-that-of-a-socket-may-be"] * 3)
    deep.mkdir(parents=True)
    with Redirection(8, deep) as network, socket() as served:
        served.bind((network.host(HOME), 0))
        served.listen(128)
        command = [*entering(network.entrance), sys.executable, "-c", GUEST, str(served.getsockname()[1])]
        for _ in range(2):  # it may be started again
            told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()
            assert told == ["127.75.0.8 127.75.0.8", "False"]


def test_a_container_that_forbids_namespaces_and_filters_allows_it() -> None:
    ask = "from kastellan.lab.faults import _enclosure; print(_enclosure.manner())"
    command = [sys.executable, hardened.__file__, sys.executable, "-c", ask]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert said.startswith("a loopback address to which seccomp leads its calls behind a relay; the relay itself holds back")
