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
from kastellan.lab.faults import _child, _enclosure
from kastellan.lab.faults._model import amiss, enclosure
from kastellan.lab.model import Node

pytest.importorskip("confluent_kafka")
pytestmark = [pytest.mark.timeout(420), pytest.mark.slow]

Eventually = Callable[..., None]
Injected = Callable[..., AbstractContextManager[Any]]
KASTELLAN = Path(sys.executable).with_name("kastellan")
Subject = tuple[str, tuple[Any, ...]]


@pytest.fixture(autouse=True)
def _allowed() -> None:
    try:
        _enclosure.need()
    except Unavailable as problem:
        pytest.skip(problem.message)


def examined(lab: labs.Lab) -> tuple[dict[str, Any], dict[str, Any]]:
    """The report of one run, and what it tells first."""
    command = [str(KASTELLAN), "doctor", "--bootstrap-server", lab.bootstrap, "--timeout", "20", "-o", "json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode in {0, 10, 12}, done.stderr
    document = json.loads(done.stdout)
    return document["report"], next(iter(document["told"]["problems"]), {})


def findings(report: dict[str, Any]) -> dict[Subject, dict[str, Any]]:
    found = [each for result in report["results"] for each in result["findings"]]
    return {(each["check"], tuple(each["subject"]["key"])): each for each in found}


def errors(report: dict[str, Any]) -> dict[Subject, dict[str, Any]]:
    return {key: each for key, each in findings(report).items() if each["severity"] == "error"}


def network(node: Node) -> Path:
    """The namespace in which the node's process is."""
    identity = nodes.current(node)
    assert identity is not None
    return Path(f"/proc/{identity.pid}/ns/net").readlink()


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
