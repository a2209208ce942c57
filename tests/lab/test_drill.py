"""Whoever injects a fault, or takes it back, is killed at any instant: another process takes back all of it.

`make drill` runs it, in a quarter of an hour; it prints the seed of its instants, and `make drill SEED=...` has them again.
"""

from __future__ import annotations

import logging
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping

import pytest

from kastellan import lab as labs
from kastellan.lab import access, injection, load, nodes, probe, processes
from kastellan.lab.faults import _child
from kastellan.lab.faults._model import amiss
from tests.lab.conftest import Eventually

pytest.importorskip("confluent_kafka")
pytestmark = [pytest.mark.drill, pytest.mark.timeout(900)]

_SEED = os.environ.get("KASTELLAN_DRILL_SEED", "1")
_FAULT = [sys.executable, "-m", "kastellan.surfaces.cli.commands.lab", "fault"]
_LONGEST_S = 15.0
"""Most faults hold by then: some injectors live to the end of their work."""


@pytest.fixture(scope="module")
def every() -> Iterator[labs.Lab]:
    """A cluster on which every fault can be injected, under load."""
    name = f"test-drill-{os.getpid()}"
    try:
        spec = labs.LabSpec(name=name, brokers=3, controllers=3, log_dirs=2, security="sasl_ssl", owner=processes.me())
        lab = labs.up(spec)
        load.start(lab)
        load.wait_moving(lab)
        yield lab
    finally:
        labs.down(name)


@pytest.mark.parametrize("fault", sorted(injection.catalogue()))
def test_killed_at_any_instant_it_is_taken_back_by_another(every: labs.Lab, eventually: Eventually, fault: str) -> None:
    instants = random.Random(f"{_SEED} {fault}")
    eventually(lambda: not amiss(every), "that the cluster is whole before", 120)
    before, topics, rules = _files(every), _topics(every), access.list_acls(every.brokers[0].door)
    _kill_within([*_FAULT, fault, "--name", every.name], instants.uniform(0.5, _LONGEST_S))
    _kill_within([*_FAULT, "--undo", "--name", every.name], instants.uniform(0.5, _LONGEST_S))
    done = subprocess.run([*_FAULT, "--undo", "--name", every.name], capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr
    assert injection.active(every) == []
    eventually(lambda: not amiss(every), "that the cluster is whole after", 120)
    assert [nodes.state(each) for each in every.nodes] == ["running"] * len(every.nodes)
    assert list(processes.find_marked(every.dir / "faults")) == []
    assert not _child.folder(every, fault).exists()
    assert _files(every) == before
    assert _topics(every) == topics
    assert access.list_acls(every.brokers[0].door) == rules
    eventually(lambda: all(not probe.offline_dirs(each.door) for each in every.brokers), "every directory in service")


def _kill_within(command: list[str], seconds: float) -> None:
    """Run it and end it as kill -9 does after so long, unless it ended by itself."""
    started = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as running:
        try:
            running.wait(seconds)
        except subprocess.TimeoutExpired:
            running.kill()
        said = running.communicate()[1]
    how = "killed" if running.returncode < 0 else "ended"
    logging.getLogger(__name__).info("%s: %s after %.1f s", command[4], how, time.monotonic() - started)
    assert running.returncode in {0, -9}, said


def _files(lab: labs.Lab) -> Mapping[str, bytes]:
    """Every file of the lab that is not written by Kafka's work, with what is in it."""
    found: dict[str, bytes] = {}
    for node in lab.nodes:
        for path in sorted(node.dir.rglob("*")):
            inside = path.relative_to(node.dir).parts
            if path.is_file() and inside[0] not in {"logs", "process", *(each.name for each in node.log_dirs)}:
                found[str(path.relative_to(lab.dir))] = path.read_bytes()
    return found


def _topics(lab: labs.Lab) -> frozenset[str]:
    seen = probe.metadata(lab.brokers[0].door, None)
    assert seen is not None
    return frozenset(topic for topic, _ in seen.partitions if not topic.startswith("__"))
