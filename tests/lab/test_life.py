"""A lab's life through the command line: started, found, killed at any instant, ended without a trace."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kastellan import lab as labs
from kastellan.kernel.errors import Unavailable
from kastellan.lab import nodes, probe, processes
from kastellan.lab.places import reservations_dir
from tests.lab.conftest import zombies

COMMAND = [sys.executable, "-m", "kastellan.surfaces.cli.commands.lab"]
ONE = ("--brokers", "1", "--racks", "1")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state directory of the test's own; every lab in it is ended."""
    monkeypatch.setenv("KASTELLAN_STATE", str(tmp_path / "state"))
    yield tmp_path / "state/labs"
    for name in labs.names():
        labs.down(name)


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *words], capture_output=True, text=True, timeout=280, check=False)


def assert_no_trace(directory: Path) -> None:
    assert not directory.exists()
    assert list(processes.find_marked(directory)) == []
    held = [each.read_text() for each in reservations_dir().glob("[0-9]*")]
    assert str(directory) not in held


def test_up_twice_status_logs_down_twice(home: Path) -> None:
    first = run("up", *ONE)
    assert first.returncode == 0, first.stderr
    again = run("up", *ONE)
    assert again.returncode == 0
    assert "is running already" in again.stderr
    assert again.stdout == first.stdout
    address = first.stdout.split()[1]
    assert probe.serves(address)
    seen = run("status")
    assert "lab lab: running" in seen.stdout
    assert address in seen.stdout
    assert "Kafka Server started" in run("logs", "1").stdout
    other = run("up", "--brokers", "2")
    assert other.returncode == 2
    assert "running with another shape" in other.stderr
    assert run("down").returncode == 0
    assert_no_trace(home / "lab")
    assert not home.parent.exists()
    assert "nothing to do" in run("down").stderr


def test_a_lab_that_is_down_leaves_no_zombie(home: Path) -> None:
    before = zombies()
    lab = labs.up(labs.LabSpec(name="reaped", brokers=1, racks=1))
    nodes.restart(lab, lab.nodes[0].id)
    assert labs.down("reaped")
    assert zombies() == before


@pytest.mark.parametrize("instant", ["on record", "a process", "Kafka speaks"])
def test_up_that_is_killed_is_found_and_cleaned(home: Path, eventually, instant: str) -> None:
    directory = home / "lab"
    sign = {"on record": "lab.json", "a process": "nodes/1/process", "Kafka speaks": "nodes/1/logs/server.log"}[instant]
    with subprocess.Popen([*COMMAND, "up", *ONE], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as starting:
        eventually((directory / sign).exists, sign, 200)
        starting.kill()
    if instant != "on record":
        assert list(processes.find_marked(directory))
    assert "half-started" in run("status").stdout
    again = run("up", *ONE)
    assert again.returncode == 0, again.stderr
    assert len(list(processes.find_marked(directory))) == 1
    assert run("down").returncode == 0
    assert_no_trace(directory)


def test_a_killed_start_is_cleaned_by_down_alone(home: Path, eventually) -> None:
    directory = home / "lab"
    with subprocess.Popen([*COMMAND, "up", *ONE], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as starting:
        eventually((directory / "nodes/1/process").exists, "a process", 200)
        starting.kill()
    assert run("down").returncode == 0
    assert_no_trace(directory)


def test_ctrl_c_leaves_nothing(home: Path, eventually) -> None:
    directory = home / "lab"
    with subprocess.Popen([*COMMAND, "up", *ONE], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as starting:
        eventually((directory / "nodes/1/process").exists, "a process", 200)
        starting.send_signal(signal.SIGINT)
        assert starting.wait(60) != 0
    assert_no_trace(directory)


def test_two_labs_live_side_by_side_and_one_outlives_the_other(home: Path) -> None:
    first = labs.up(labs.LabSpec(name="one", brokers=1, racks=1))
    second = labs.up(labs.LabSpec(name="two", brokers=1, controllers=1, racks=1))
    addresses = [
        address for lab in (first, second) for node in lab.nodes for address in (node.client, node.broker, node.controller)
    ]
    assert len(set(addresses) - {None}) == 6
    assert [(each.id, each.roles) for each in second.nodes] == [(1, ("broker",)), (101, ("controller",))]
    assert first.cluster_id != second.cluster_id
    labs.down("one")
    assert_no_trace(first.dir)
    assert probe.serves(second.bootstrap)
    status = labs.status("two")
    assert status is not None
    assert [each.state for each in status.nodes] == ["running", "running"]


def test_a_lab_whose_owner_is_gone_is_ended_by_the_next_look(home: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as owner:
        seen = processes.look(owner.pid)
        assert seen is not None
        lab = labs.up(labs.LabSpec(name="owned", brokers=1, racks=1, owner=seen.identity))
        assert labs.sweep() == []
        owner.kill()
    assert "owned" in run("status").stderr
    assert_no_trace(lab.dir)


def test_a_node_that_cannot_start_is_told_with_its_last_words(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    launch = nodes.launch

    def with_a_bad_setting(node, runtime, **rest) -> None:
        with (node.dir / "server.properties").open("a") as opened:
            opened.write("num.io.threads=-1\n")
        launch(node, runtime, **rest)

    monkeypatch.setattr(nodes, "launch", with_a_bad_setting)
    with pytest.raises(Unavailable, match=r"node 1 ended while it was starting(.|\n)*num\.io\.threads"):
        labs.up(labs.LabSpec(brokers=1, racks=1))
    assert_no_trace(home / "lab")


def test_a_hidden_environment_does_not_reach_the_nodes(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Xmx1m")
    monkeypatch.setenv("KASTELLAN_LAB_DIR", "/somewhere/else")
    lab = labs.up(labs.LabSpec(brokers=1, racks=1))
    (identity,) = processes.find_marked(lab.dir)
    environment = Path(f"/proc/{identity.pid}/environ").read_bytes()
    assert b"JAVA_TOOL_OPTIONS" not in environment
    assert os.environ["KASTELLAN_LAB_DIR"].encode() not in environment
