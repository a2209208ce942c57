"""The network between brokers is cut or loses packets: the doctor says of which broker, and undo leaves the cluster as it was."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import pytest

from kastellan import lab as labs
from kastellan.kernel.errors import BadInput, Unavailable
from kastellan.lab import injection, nodes, probe, processes
from kastellan.lab.faults import _child, _enclosure, _packets, _relay
from kastellan.lab.faults._model import amiss, enclosure
from kastellan.lab.model import Node
from tests.lab import doctor

pytest.importorskip("confluent_kafka")
pytestmark = [pytest.mark.timeout(420), pytest.mark.slow]

Eventually = Callable[..., None]
Injected = Callable[..., AbstractContextManager[Any]]
Subject = tuple[str, tuple[Any, ...]]


@pytest.fixture(autouse=True)
def _allowed() -> None:
    try:
        _enclosure.need()
    except Unavailable as problem:
        pytest.skip(problem.message)


def examined(lab: labs.Lab) -> tuple[dict[str, Any], dict[str, Any]]:
    """The report of one run, and what it tells first."""
    document, _ = doctor.run(lab)
    return document["report"], next(iter(document["told"]["problems"]), {})


def findings(report: dict[str, Any], *severities: str) -> dict[Subject, dict[str, Any]]:
    return {(check, key): each for (check, _, key), each in doctor.findings(report, *severities).items()}


def errors(report: dict[str, Any]) -> dict[Subject, dict[str, Any]]:
    return findings(report, "error")


def network(node: Node) -> Path:
    """The namespace in which the node's process is."""
    identity = nodes.current(node)
    assert identity is not None
    return Path(f"/proc/{identity.pid}/ns/net").readlink()


@pytest.mark.parametrize("everywhere", [True, False])
def test_what_is_struck_falls_silent_and_clients_go_on(*, everywhere: bool) -> None:
    with ThreadPoolExecutor(1, initializer=_relay.enter) as thread:

        def inside() -> socket.socket:
            return thread.submit(socket.socket, socket.AF_INET, socket.SOCK_STREAM).result()

        asyncio.run(_strike(inside, everywhere=everywhere))


async def _strike(inside: Callable[[], socket.socket], *, everywhere: bool) -> None:
    relay = _relay.Relay(frozenset({_relay.BROKERS}), _packets.ALL, inside, everywhere=everywhere)
    serving: list[asyncio.Task[None]] = []
    asking: dict[str, socket.socket] = {}
    with ExitStack() as stack:
        for use in (_relay.CLIENTS, _relay.BROKERS):
            node = stack.enter_context(inside())
            node.setblocking(False)
            node.bind(("127.0.0.1", 0))
            node.listen()
            await relay.open(_relay.Link(f"127.0.0.1:{node.getsockname()[1]}", inward=True, use=use))
            serving.append(asyncio.create_task(_echo(node)))
            asking[use] = stack.enter_context(await _connected(node.getsockname()))
        assert [await _answer(each) for each in asking.values()] == [b"hello", b"hello"]
        relay.strike()
        assert [await _answer(each) for each in asking.values()] == [b"hello", b""]
        try:
            late = stack.enter_context(await _connected(node.getsockname()))
        except TimeoutError:
            assert everywhere
        else:
            assert not everywhere
            assert await _answer(late) == b""
        for each in serving:
            each.cancel()


async def _connected(place: tuple[str, int]) -> socket.socket:
    """A connection to there, made within half a second."""
    made = socket.socket()
    made.setblocking(False)
    try:
        async with asyncio.timeout(0.5):
            await asyncio.get_running_loop().sock_connect(made, place)
    except TimeoutError:
        made.close()
        raise
    return made


async def _echo(node: socket.socket) -> None:
    """Take one connection, and send back what comes."""
    loop = asyncio.get_running_loop()
    taken, _ = await loop.sock_accept(node)
    with taken:
        while said := await loop.sock_recv(taken, 100):
            await loop.sock_sendall(taken, said)


async def _answer(asking: socket.socket) -> bytes:
    """What comes back within half a second."""
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(asking, b"hello")
    try:
        async with asyncio.timeout(0.5):
            return await loop.sock_recv(asking, 100)
    except TimeoutError:
        return b""


def test_a_broker_that_is_cut_off_is_told_as_alive_and_out_of_the_cluster(loaded_lab: labs.Lab, injected: Injected) -> None:
    victim = loaded_lab.node(3)
    with injected(loaded_lab, "network_partition") as truth:
        assert (truth.kind, truth.key, truth.holds) == ("broker", (3,), True)
        views = {each.id: probe.metadata(each.door) for each in loaded_lab.brokers}
        assert {number: seen.brokers for number, seen in views.items() if seen} == {1: {1, 2}, 2: {1, 2}, 3: {1, 2, 3}}
        assert nodes.state(victim) == "running"
        assert network(victim) != network(loaded_lab.node(1))
        with pytest.raises(BadInput, match="broker 3 has a network of its own by a fault already"):
            injection.inject(loaded_lab, "broker_frozen", 3)
        report, first = examined(loaded_lab)
    found = errors(report)
    assert found["brokers.fenced", (3,)]["confirmed"]
    assert "from here: it answers" in found["brokers.fenced", (3,)]["observed"]
    assert {key for key, each in found.items() if not each["explained_by"]} == {("brokers.fenced", (3,))}
    odd = findings(report)[doctor.BESIDE["network_partition"], ()]
    assert odd["observed"] == "live are, by brokers 1, 2: 1,2; by broker 3: 1,2,3"
    assert odd["explained_by"]
    assert first["check"] == "brokers.fenced"
    assert "cannot reach the controller" in json.dumps(first)
    _assert_whole(loaded_lab, victim)


def test_a_broker_whose_packets_are_lost_is_told_as_alive_and_out_of_step(loaded_lab: labs.Lab, injected: Injected) -> None:
    victim, subject = loaded_lab.node(3), ("replication.broker_out_of_step", (3,))
    with injected(loaded_lab, "packet_loss") as truth:
        assert (truth.kind, truth.key, truth.hurt) == ("broker", (3,), (("broker", (1,)), ("broker", (2,))))
        report, first = examined(loaded_lab)
    told = findings(report)
    assert told[subject]["confirmed"]
    assert "live, yet" in told[subject]["observed"]
    assert not any(check.startswith("brokers.") for check, _ in told)
    assert first["check"] == subject[0]
    # What is an error follows from it; the packets that come through are enough for some partitions.
    assert {key for key, each in told.items() if each["severity"] == "error" and not each["explained_by"]} == set()
    _assert_whole(loaded_lab, victim)


def test_whoever_cuts_a_broker_off_may_be_killed_at_any_instant(loaded_lab: labs.Lab, eventually: Eventually) -> None:
    victim, name = loaded_lab.node(3), enclosure(3)
    command = [sys.executable, "-m", "kastellan.surfaces.cli.commands.lab", "fault"]
    begin = [*command, "network_partition", "--name", loaded_lab.name]
    with subprocess.Popen(begin, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as injecting:
        eventually(lambda: _child.told(loaded_lab, name, "ready"), "that broker 3 has a network of its own")
        injecting.send_signal(signal.SIGKILL)
    assert [each.holds for each in injection.active(loaded_lab)] == [False]
    undone = subprocess.run([*command, "--undo", "--name", loaded_lab.name], capture_output=True, text=True, check=True)
    assert "network_partition is undone" in undone.stderr
    _assert_whole(loaded_lab, victim)


def _assert_whole(lab: labs.Lab, victim: Node) -> None:
    assert amiss(lab) == ""
    assert injection.active(lab) == []
    assert network(victim) == network(lab.node(1)) == Path("/proc/self/ns/net").readlink()
    assert not _child.folder(lab, enclosure(victim.id)).exists()
    relays = [each for each in processes.marked(lab.dir) if b"_relay" in Path(f"/proc/{each.pid}/cmdline").read_bytes()]
    assert relays == []
    report, _ = examined(lab)
    assert errors(report) == {}
