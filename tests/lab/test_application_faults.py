"""Faults of applications, of leaders and of moves on the session's cluster: seen in Kafka's own answers, and undone exactly."""

from __future__ import annotations

import pytest

from kastellan import lab as labs
from kastellan.lab import injection, probe
from kastellan.lab.faults._model import amiss
from kastellan.lab.load import clients
from tests.lab.doctor import assert_told

pytest.importorskip("confluent_kafka")
pytestmark = [pytest.mark.timeout(420), pytest.mark.slow]


def topics(lab: labs.Lab) -> set[str]:
    seen = probe.metadata(lab.brokers[0].door, None)
    assert seen is not None
    return {topic for topic, _ in seen.partitions}


@pytest.mark.parametrize("fault", ["consumer_stuck", "consumer_stuck_kip848"])
def test_a_member_that_hangs_is_put_out_and_its_group_stands_still(
    loaded_lab: labs.Lab, injected, eventually, fault: str
) -> None:
    before = topics(loaded_lab)
    with injected(loaded_lab, fault) as truth:
        group, topic = str(truth.key[0]), str(truth.hurt[0][1][0])
        assert (truth.kind, truth.fault_class) == ("group", "consumer-stuck")
        committed, end = clients.commits(loaded_lab, group), clients.ends(loaded_lab, topic, 1)[0]
        eventually(lambda: clients.ends(loaded_lab, topic, 1)[0] > end, "records pile up")
        assert clients.members(loaded_lab, group) == 0
        assert clients.commits(loaded_lab, group) == committed
        assert committed[topic, 0] < end
        assert_told(loaded_lab, truth)
    assert topics(loaded_lab) == before
    assert clients.commits(loaded_lab, group) == {}


def test_skewed_keys_hurt_one_partition_and_one_reader(loaded_lab: labs.Lab, injected) -> None:
    with injected(loaded_lab, "key_skew") as truth:
        topic, hot = truth.key
        ends, commits = clients.ends(loaded_lab, str(topic), 6), clients.commits(loaded_lab, "lab-skewed-readers")
        behind = {number: end - max(0, commits.get((str(topic), number), 0)) for number, end in ends.items()}
        assert max(behind, key=lambda number: behind[number]) == hot
        assert ends[int(hot)] > 10 * max(end for number, end in ends.items() if number != hot)
        assert clients.members(loaded_lab, "lab-skewed-readers") == 2
        assert_told(loaded_lab, truth)
    assert str(topic) not in topics(loaded_lab)
    assert clients.commits(loaded_lab, "lab-skewed-readers") == {}


def test_a_broker_that_leads_nothing_is_in_sync_and_gets_its_leaders_back(loaded_lab: labs.Lab, injected) -> None:
    with injected(loaded_lab, "leader_imbalance") as truth:
        victim = truth.node
        seen = probe.metadata(loaded_lab.brokers[0].door, None)
        assert seen is not None
        assert victim in seen.brokers
        for part in seen.partitions.values():
            assert victim not in part.replicas or victim in part.in_sync
        assert victim not in {part.leader for part in seen.partitions.values()}
        assert_told(loaded_lab, truth)
    assert amiss(loaded_lab) == ""
    assert "lab-leaders" not in topics(loaded_lab)


def test_a_throttled_move_stays_where_it_is_until_it_is_cancelled(loaded_lab: labs.Lab, injected) -> None:
    with injected(loaded_lab, "reassignment_stuck") as truth:
        stays, leaves = (int(each) for each in truth.details["from"].split(","))
        target = int(truth.details["to"].split(",")[1])
        seen = probe.metadata(loaded_lab.brokers[0].door, [str(truth.key[0])])
        assert seen is not None
        part = seen.partitions["lab-moving", 0]
        assert set(part.replicas) == {stays, leaves, target}
        assert target not in part.in_sync
        assert loaded_lab.node(target).id in seen.brokers
        assert_told(loaded_lab, truth)
    assert "lab-moving" not in topics(loaded_lab)
    assert amiss(loaded_lab) == ""


def test_clients_are_told_an_address_where_nobody_is_and_brokers_are_well(loaded_lab: labs.Lab, injected) -> None:
    with injected(loaded_lab, "advertised_listener_wrong", 2) as truth:
        told = clients.addresses(loaded_lab)
        assert told[2] == "127.0.0.1:1"
        assert told[1] == loaded_lab.node(1).client
        assert probe.serves(loaded_lab.node(2).door)
        assert amiss(loaded_lab) == ""
        assert_told(loaded_lab, truth)
    assert clients.addresses(loaded_lab)[2] == loaded_lab.node(2).client
    assert not (loaded_lab.node(2).dir / "server.properties.own").exists()
    assert injection.active(loaded_lab) == []
