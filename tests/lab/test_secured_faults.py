"""Faults of certificates, passwords, rights and disks on a secured cluster with two log directories, and of a quorum."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kastellan import lab as labs
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import BadInput, Unavailable
from kastellan.lab import access, injection, nodes, probe, processes
from kastellan.lab.faults import _child, _small_disk
from kastellan.lab.faults._model import amiss
from kastellan.lab.load import clients
from tests.lab.doctor import assert_told

pytest.importorskip("confluent_kafka")
pytestmark = [pytest.mark.timeout(420), pytest.mark.slow]


@pytest.fixture(scope="module")
def spread() -> Iterator[labs.Lab]:
    """Two brokers with two log directories each, and a controller of its own."""
    name = f"test-spread-{os.getpid()}"
    try:
        spec = labs.LabSpec(name=name, brokers=2, controllers=1, racks=2, log_dirs=2, security="sasl_ssl", owner=processes.me())
        lab = labs.up(spec)
        clients.create(lab, [("orders", 4, 2, {"min.insync.replicas": "1"})], Deadline.after(60))
        yield lab
    finally:
        labs.down(name)


def test_an_expired_certificate_is_refused_by_clients_and_brokers_go_on(spread: labs.Lab, injected) -> None:
    victim = spread.node(2)
    with injected(spread, "certificate_expired", 2) as truth:
        assert "expired" in probe.objection(victim.client or "", victim.keys)
        assert probe.objection(spread.node(1).client or "", victim.keys) == ""
        assert amiss(spread) == ""
        assert "expired" in assert_told(spread, truth)["observed"]
    assert probe.objection(victim.client or "", victim.keys) == ""
    assert not list(victim.dir.glob("expired*")) + list(victim.dir.glob("*.own"))


def test_a_wrong_password_is_refused_and_the_broker_says_so_in_its_log(spread: labs.Lab, injected, eventually) -> None:
    def refusals() -> int:
        return sum(each.server_log.read_text().count("invalid credentials") for each in spread.brokers)

    with injected(spread, "password_wrong") as truth:
        assert (truth.kind, truth.key) == ("principal", ("viewer",))
        eventually(lambda: refusals() > 0, "a broker's line about it")
    assert list(processes.find_marked(spread.dir / "faults")) == []
    assert not _child.folder(spread, "password_wrong").exists()


def test_a_missing_right_denies_writes_and_nothing_else(spread: labs.Lab, injected) -> None:
    before = access.list_acls(spread.brokers[0].door)
    with injected(spread, "acl_missing") as truth:
        assert (truth.kind, truth.key) == ("principal", ("shop",))
        rules = access.list_acls(spread.brokers[0].door) or frozenset()
        mine = {(each.operation, each.name) for each in rules if each.principal == "shop"}
        assert mine == {("Describe", "lab-guarded"), ("Read", "lab-guarded")}
        assert _child.read_output(spread, "acl_missing", "outcome") == "TOPIC_AUTHORIZATION_FAILED"
    assert access.list_acls(spread.brokers[0].door) == before


def test_a_directory_that_is_gone_is_offline_and_comes_back(spread: labs.Lab, injected) -> None:
    with injected(spread, "log_dir_failed") as truth:
        node = spread.node(2)
        assert (truth.kind, truth.key) == ("log_dir", (2, str(node.log_dirs[1])))
        assert probe.offline_dirs(node.door) == {str(node.log_dirs[1])}
        assert nodes.state(node) == "running"
        assert_told(spread, truth)
    assert probe.offline_dirs(node.door) == frozenset()
    assert amiss(spread) == ""


def test_a_disk_fills_up_almost_and_wholly(spread: labs.Lab, injected) -> None:
    try:
        _small_disk.need()
    except Unavailable as problem:
        pytest.skip(problem.message)
    node = spread.node(2)
    with injected(spread, "disk_nearly_full") as truth:
        space = _small_disk.space(node)
        assert 0 < space.f_bavail <= 0.03 * space.f_blocks
        assert probe.offline_dirs(node.door) == frozenset()
        assert_told(spread, truth)
    with injected(spread, "disk_full") as truth:
        assert _small_disk.space(node).f_bavail == 0
        assert probe.offline_dirs(node.door) == {str(node.log_dirs[1])}
        assert_told(spread, truth)
    assert probe.offline_dirs(node.door) == frozenset()
    assert amiss(spread) == ""
    assert str(node.dir) not in Path("/proc/mounts").read_text()
    assert not (node.dir / "small-disk").exists()


def test_what_a_lab_is_not_made_for_is_one_sentence(spread: labs.Lab) -> None:
    for fault, sentence in (
        ("quorum_lost", "use --controllers 3"),
        ("reassignment_stuck", "needs 3 running brokers"),
    ):
        with pytest.raises(BadInput, match=sentence):
            injection.inject(spread, fault)
    assert injection.active(spread) == []


def test_without_most_controllers_nobody_leads_the_quorum_and_records_still_flow(injected) -> None:
    name = f"test-quorum-{os.getpid()}"
    try:
        lab = labs.up(labs.LabSpec(name=name, brokers=1, controllers=3, racks=1, owner=processes.me()))
        clients.create(lab, [("orders", 1, 1, {})], Deadline.after(60))
        assert probe.quorum_leader(lab.brokers[0].door) in {101, 102, 103}
        clients.write(
            lab, "orders", 0, 5, Deadline.after(60)
        )  # the broker gets its thousand producer ids while there is a leader
        with injected(lab, "quorum_lost") as truth:
            assert truth.hurt == (("node", (102,)), ("node", (103,)))
            assert probe.quorum_leader(lab.brokers[0].door) is None
            clients.write(lab, "orders", 0, 5, Deadline.after(60))
            assert_told(lab, truth)
        assert probe.quorum_leader(lab.brokers[0].door) in {101, 102, 103}
    finally:
        labs.down(name)
