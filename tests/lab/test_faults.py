"""Each fault holds when it says so, its truth can be seen from outside, and undo leaves the cluster as it was."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys

import pytest

from kastellan import lab as labs
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import BadInput
from kastellan.lab import injection, load, nodes, probe, processes
from kastellan.lab.faults import _child
from kastellan.lab.faults._model import amiss, only_elsewhere
from kastellan.lab.load import clients

pytest.importorskip("confluent_kafka")


def ask(lab: labs.Lab, *topics: str) -> probe.ClusterSeen:
    """What broker 1 sees of these topics, or of all."""
    seen = probe.metadata(address(lab, 1), topics or None)
    assert seen is not None
    return seen


def address(lab: labs.Lab, node_id: int) -> str:
    return lab.node(node_id).client or ""


def leaders(lab: labs.Lab) -> dict[tuple[str, int], int]:
    return {place: part.leader for place, part in ask(lab).partitions.items()}


def test_a_killed_broker_refuses_and_comes_back(loaded_lab: labs.Lab, injected) -> None:
    before = leaders(loaded_lab)
    with injected(loaded_lab, "broker_killed", 2) as truth:
        assert (truth.kind, truth.key, truth.holds) == ("broker", (2,), True)
        assert nodes.state(loaded_lab.node(2)) == "gone"
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(_place(loaded_lab, 2), timeout=5)
        assert ask(loaded_lab).brokers == {1, 3}
        with pytest.raises(BadInput, match="broker 2 is gone, not running"):
            injection.inject(loaded_lab, "broker_frozen", 2)
        with injected(loaded_lab, "broker_frozen", 3):  # beside the other one the cluster cannot be whole, and is not waited for
            assert nodes.state(loaded_lab.node(3)) == "frozen"
        assert nodes.state(loaded_lab.node(3)) == "running"
        assert injection.active(loaded_lab) == [truth]
    assert amiss(loaded_lab) == ""
    assert leaders(loaded_lab) == before
    assert injection.active(loaded_lab) == []


def test_a_frozen_broker_accepts_and_never_answers(loaded_lab: labs.Lab, injected) -> None:
    with injected(loaded_lab, "broker_frozen") as truth:
        assert (truth.kind, truth.key) == ("broker", (3,))
        assert nodes.state(loaded_lab.node(3)) == "frozen"
        with socket.create_connection(_place(loaded_lab, 3), timeout=5):
            assert not probe.serves(address(loaded_lab, 3), 0.5)
        assert ask(loaded_lab).brokers == {1, 2}
    assert probe.serves(address(loaded_lab, 3))
    assert amiss(loaded_lab) == ""


def test_a_strict_partition_is_under_its_min_isr_and_refuses_writers(loaded_lab: labs.Lab, injected) -> None:
    with injected(loaded_lab, "under_min_isr") as truth:
        assert (truth.kind, truth.key, truth.hurt) == ("partition", ("lab-strict", 0), (("broker", (3,)),))
        part = ask(loaded_lab, "lab-strict").partitions["lab-strict", 0]
        assert set(part.in_sync) == {1, 2}
        assert len(part.replicas) == 3
        producer = clients.producer(loaded_lab.bootstrap, {"message.timeout.ms": 1_500})
        reasons: list[str] = []
        producer.produce("lab-strict", b"x", on_delivery=lambda error, _message: reasons.append(error.name() if error else ""))
        producer.flush(30)
        assert reasons in (["NOT_ENOUGH_REPLICAS"], ["_MSG_TIMED_OUT"])
        clients.write(loaded_lab.bootstrap, "orders", 0, 1, Deadline.after(60))
    assert "lab-strict" not in {topic for topic, _ in ask(loaded_lab).partitions}
    assert amiss(loaded_lab) == ""


def test_an_open_transaction_holds_readers_back_and_undo_lets_them_go(loaded_lab: labs.Lab, injected, eventually) -> None:
    with injected(loaded_lab, "transaction_open") as truth:
        assert (truth.kind, truth.key, truth.hurt) == ("transaction", ("lab-dead-producer",), (("partition", ("payments", 0)),))
        stable, end = clients.stable_and_end(loaded_lab.bootstrap, "payments", 0)
        eventually(lambda: clients.stable_and_end(loaded_lab.bootstrap, "payments", 0)[1] > end, "records flow")
        assert clients.stable_and_end(loaded_lab.bootstrap, "payments", 0)[0] == stable
    eventually(lambda: clients.stable_and_end(loaded_lab.bootstrap, "payments", 0)[0] > end, "readers go on")
    running = load.status(loaded_lab)
    assert running is not None
    assert running.running


def test_a_fault_whose_injector_was_killed_is_undone_by_another_process(loaded_lab: labs.Lab, eventually) -> None:
    command = [sys.executable, "-m", "kastellan.surfaces.cli.commands.lab", "fault"]
    begin = [*command, "broker_frozen", "--name", loaded_lab.name]
    with subprocess.Popen(begin, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as injecting:
        eventually(lambda: nodes.state(loaded_lab.node(3)) == "frozen", "broker 3 is frozen")
        injecting.send_signal(signal.SIGKILL)
    assert [each.holds for each in injection.active(loaded_lab)] == [False]
    listed = subprocess.run([*command, "--list", "--name", loaded_lab.name], capture_output=True, text=True, check=True)
    assert "broker_frozen on broker 3, was begun" in listed.stdout
    undone = subprocess.run([*command, "--undo", "--name", loaded_lab.name], capture_output=True, text=True, check=True)
    assert "broker_frozen is undone" in undone.stderr
    assert nodes.state(loaded_lab.node(3)) == "running"
    assert amiss(loaded_lab) == ""


@pytest.mark.parametrize(
    ("fault", "topic"),
    [
        ("consumer_stuck_kip848", "lab-consumer-stuck-kip848-tasks"),
        ("key_skew", "lab-skewed"),
        ("leader_imbalance", "lab-leaders"),
        ("reassignment_stuck", "lab-moving"),
    ],
)
def test_a_fault_with_a_topic_of_its_own_leaves_nothing_when_its_injector_is_killed(
    loaded_lab: labs.Lab, eventually, fault: str, topic: str
) -> None:
    command = [sys.executable, "-m", "kastellan.surfaces.cli.commands.lab", "fault"]
    begin = [*command, fault, "--name", loaded_lab.name]
    with subprocess.Popen(begin, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as injecting:
        eventually(lambda: topic in {each for each, _ in ask(loaded_lab).partitions}, f"topic {topic}")
        injecting.send_signal(signal.SIGKILL)
    assert [each.holds for each in injection.active(loaded_lab)] == [False]
    subprocess.run([*command, "--undo", "--name", loaded_lab.name], capture_output=True, check=True)
    assert injection.active(loaded_lab) == []
    assert list(processes.find_marked(loaded_lab.dir / "faults")) == []
    assert not _child.folder(loaded_lab, fault).exists()
    assert topic not in {each for each, _ in ask(loaded_lab).partitions}
    eventually(lambda: only_elsewhere(loaded_lab), "that nothing is amiss but, on a busy machine, where leaders are")


def _place(lab: labs.Lab, node_id: int) -> tuple[str, int]:
    host, _, port = address(lab, node_id).rpartition(":")
    return host, int(port)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("certificate_expired", "use a lab with --security"),
        ("password_wrong", "use a lab with --security sasl_ssl"),
        ("acl_missing", "use a lab with --security"),
        ("log_dir_failed", "use a lab with --log-dirs 2"),
    ],
)
def test_what_a_lab_is_not_made_for_is_one_sentence(lab: labs.Lab, fault: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        injection.inject(lab, fault)
    assert injection.active(lab) == []
