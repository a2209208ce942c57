"""Labs are found from disk alone, whatever is left of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import BadInput
from kastellan.lab import cluster, processes
from kastellan.lab.model import Lab, LabSpec, layout, write_value
from kastellan.lab.processes import Identity


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KASTELLAN_STATE", str(tmp_path / "state"))
    return tmp_path / "state/labs"


def put(home: Path, spec: LabSpec, *, ready: bool) -> Lab:
    directory = home / spec.name
    lab = Lab(
        name=spec.name,
        dir=directory,
        cluster_id="c",
        kafka="4",
        spec=spec,
        ready=ready,
        nodes=layout(spec, directory, range(20), range(20, 40)),
    )
    write_value(directory / "lab.json", lab)
    return lab


def run_node(lab: Lab, number: int) -> Identity:
    node = lab.node(number)
    node.dir.mkdir(parents=True, exist_ok=True)
    lock = os.open(lab.dir, os.O_RDONLY)
    processes.spawn(
        ["sleep", "60"], record=node.record, lock=lock, lab_dir=lab.dir, cwd=node.dir, output=node.stdout_log, env=os.environ
    )
    os.close(lock)
    return processes.wait_recorded(node.record, Deadline.after(30))


def status(name: str) -> cluster.LabStatus:
    seen = cluster.status(name)
    assert seen is not None
    return seen


def test_no_lab_is_none_and_nothing_to_end(home: Path) -> None:
    assert cluster.find("lab") is None
    assert cluster.status("lab") is None
    assert cluster.names() == []
    assert cluster.down("lab") is False
    assert not home.exists()
    with pytest.raises(BadInput, match="lab lab does not exist; start it with"):
        cluster.need("lab")


def test_the_states_of_a_lab(home: Path) -> None:
    lab = put(home, LabSpec(brokers=2), ready=False)
    assert [each.state for each in status("lab").nodes] == ["not started"] * 2
    assert status("lab").state == "half-started"
    with pytest.raises(BadInput, match="half-started"):
        cluster.need("lab")
    put(home, LabSpec(brokers=2), ready=True)
    assert status("lab").state == "stopped"
    first, second = run_node(lab, 1), run_node(lab, 2)
    try:
        assert status("lab").state == "running"
        assert cluster.need("lab").node(1).process == first
        processes.kill_all([first], Deadline.after(10))
        assert status("lab").state == "degraded"
    finally:
        assert cluster.down("lab") is True
    assert processes.now(second) is None
    assert not home.parent.exists()


def test_a_damaged_record_is_a_state_and_down_still_ends_the_processes(home: Path) -> None:
    lab = put(home, LabSpec(brokers=1), ready=True)
    identity = run_node(lab, 1)
    (lab.dir / "lab.json").write_text("{ garbage")
    seen = status("lab")
    assert seen.state == "damaged"
    assert "lab.json is damaged" in seen.reason
    assert "kastellan lab down --name lab" in seen.reason
    assert cluster.down("lab") is True
    assert processes.now(identity) is None
    assert not lab.dir.exists()


def test_a_damaged_process_record_is_a_state_and_the_process_is_found_by_its_mark(home: Path) -> None:
    lab = put(home, LabSpec(brokers=1), ready=True)
    identity = run_node(lab, 1)
    lab.node(1).record.write_text("garbage\n")
    assert status("lab").state == "damaged"
    assert cluster.down("lab") is True
    assert processes.now(identity) is None


def test_a_number_that_belongs_to_somebody_else_now_is_left_alone(home: Path) -> None:
    lab = put(home, LabSpec(brokers=1), ready=True)
    other = put(home, LabSpec(name="other", brokers=1), ready=True)
    stranger = run_node(other, 1)
    try:
        stat, boot = other.node(1).record.read_text().splitlines()
        fields = stat.split()
        fields[21] = str(int(fields[21]) - 5)
        lab.node(1).dir.mkdir(parents=True)
        lab.node(1).record.write_text(f"{' '.join(fields)}\n{boot}\n")
        assert status("lab").nodes[0].state == "gone"
        assert cluster.down("lab") is True
        assert processes.now(stranger) is not None
    finally:
        cluster.down("other")


def test_only_labs_whose_owner_is_gone_are_swept(home: Path) -> None:
    put(home, LabSpec(name="mine", brokers=1, owner=processes.me()), ready=True)
    put(home, LabSpec(name="free", brokers=1), ready=True)
    gone = Identity(os.getpid(), processes.me().start_ticks - 1, processes.boot_id())
    put(home, LabSpec(name="orphan", brokers=1, owner=gone), ready=True)
    (home / "broken").mkdir()
    (home / "broken/lab.json").write_text("garbage")
    assert cluster.sweep() == ["orphan"]
    assert cluster.names() == ["broken", "free", "mine"]
