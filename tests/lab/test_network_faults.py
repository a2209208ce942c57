"""The network between brokers is cut or loses packets: the doctor says of which broker, and undo leaves the cluster as it was."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from kastellan import lab as labs
from kastellan.kernel.errors import BadInput, Unavailable
from kastellan.lab import injection, nodes, probe, processes
from kastellan.lab.faults import _child, _enclosure, _redirection
from kastellan.lab.faults._model import amiss, enclosure
from kastellan.lab.model import Node
from tests.lab import doctor, hardened

pytest.importorskip("confluent_kafka")
pytestmark = [pytest.mark.timeout(420), pytest.mark.slow]

Eventually = Callable[..., None]
Injected = Callable[..., AbstractContextManager[Any]]
Subject = tuple[str, tuple[Any, ...]]
COMMAND = (sys.executable, "-m", "kastellan.surfaces.cli.commands.lab", "fault")


@pytest.fixture(autouse=True)
def _allowed() -> None:
    try:
        _enclosure.need()
    except Unavailable as problem:
        pytest.skip(problem.message)


def examined(lab: labs.Lab) -> tuple[dict[str, Any], dict[str, Any]]:
    """The report of one run, and what it tells first."""
    document, _ = doctor.run(lab)
    return document["report"], next(iter(document["summary"]["problems"]), {})


def findings(report: dict[str, Any], *severities: str) -> dict[Subject, dict[str, Any]]:
    return {(check, key): each for (check, _, key), each in doctor.findings(report, *severities).items()}


def errors(report: dict[str, Any]) -> dict[Subject, dict[str, Any]]:
    return findings(report, "error")


def is_apart(node: Node) -> bool:
    """Whether the node has a network of its own."""
    identity = nodes.current(node)
    assert identity is not None
    namespace = Path(f"/proc/{identity.pid}/ns/net").readlink()
    led = (node.client or "").replace("127.0.0.1", _redirection.home(node.id))
    return namespace != Path("/proc/self/ns/net").readlink() or probe.serves(led)


def test_a_broker_that_is_cut_off_is_told_as_alive_and_out_of_the_cluster(
    loaded_lab: labs.Lab, injected: Injected, eventually: Eventually
) -> None:
    with injected(loaded_lab, "network_partition") as truth:
        assert (truth.kind, truth.key, truth.holds) == ("broker", (3,), True)
        _assert_cut_off(loaded_lab)
        with pytest.raises(BadInput, match="broker 3 has a network of its own by a fault already"):
            injection.inject(loaded_lab, "broker_frozen", 3)
    _assert_whole(loaded_lab, loaded_lab.node(3), eventually)


def test_in_a_container_that_forbids_namespaces_it_is_the_same(loaded_lab: labs.Lab, eventually: Eventually) -> None:
    settings = loaded_lab.node(3).dir / "server.properties"
    own = settings.read_bytes()
    try:
        subprocess.run([sys.executable, hardened.__file__, *COMMAND, "network_partition", "--name", loaded_lab.name], check=True)
        (truth,) = injection.active(loaded_lab)
        assert truth.holds
        assert "a loopback address to which seccomp leads its calls" in truth.details["by"]
        assert "the relay itself holds back" in truth.details["by"]
        assert settings.read_bytes() == own
        _assert_cut_off(loaded_lab)
    finally:
        injection.undo(loaded_lab, "network_partition")
    assert settings.read_bytes() == own
    _assert_whole(loaded_lab, loaded_lab.node(3), eventually)


def _assert_cut_off(lab: labs.Lab) -> None:
    """Broker 3 alone sees itself, and the doctor tells what that is."""
    views = {each.id: probe.metadata(each.door) for each in lab.brokers}
    assert {number: seen.brokers for number, seen in views.items() if seen} == {1: {1, 2}, 2: {1, 2}, 3: {1, 2, 3}}
    assert nodes.state(lab.node(3)) == "running"
    assert is_apart(lab.node(3))
    report, first = examined(lab)
    found = errors(report)
    assert found["brokers.fenced", (3,)]["confirmed"]
    assert "from here: it answers" in found["brokers.fenced", (3,)]["observed"]
    assert {key for key, each in found.items() if not each["explained_by"]} == {("brokers.fenced", (3,))}
    odd = findings(report)[doctor.BESIDE["network_partition"], ()]
    assert odd["observed"] == "live are, by brokers 1, 2: 1,2; by broker 3: 1,2,3"
    assert odd["explained_by"]
    assert first["check"] == "brokers.fenced"
    assert "cannot reach the controller" in json.dumps(first)


def test_a_broker_whose_packets_are_lost_is_told_as_alive_and_out_of_step(
    loaded_lab: labs.Lab, injected: Injected, eventually: Eventually
) -> None:
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
    _assert_whole(loaded_lab, victim, eventually)


def test_whoever_cuts_a_broker_off_may_be_killed_at_any_instant(loaded_lab: labs.Lab, eventually: Eventually) -> None:
    victim, name = loaded_lab.node(3), enclosure(3)
    begin = [*COMMAND, "network_partition", "--name", loaded_lab.name]
    with subprocess.Popen(begin, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as injecting:
        eventually(lambda: _child.read_output(loaded_lab, name, "ready"), "that broker 3 has a network of its own")
        injecting.send_signal(signal.SIGKILL)
    assert [each.holds for each in injection.active(loaded_lab)] == [False]
    undone = subprocess.run([*COMMAND, "--undo", "--name", loaded_lab.name], capture_output=True, text=True, check=True)
    assert "network_partition is undone" in undone.stderr
    _assert_whole(loaded_lab, victim, eventually)


def _assert_whole(lab: labs.Lab, victim: Node, eventually: Eventually) -> None:
    eventually(lambda: amiss(lab) == "", "that the cluster is whole, by brokers that may be slow to answer")
    assert injection.active(lab) == []
    assert not is_apart(victim)
    assert not _child.folder(lab, enclosure(victim.id)).exists()
    relays = [each for each in processes.find_marked(lab.dir) if b"_relay" in Path(f"/proc/{each.pid}/cmdline").read_bytes()]
    assert relays == []
    report, _ = examined(lab)
    assert errors(report) == {}
