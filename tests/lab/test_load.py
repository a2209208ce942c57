"""The load is what its truth says."""

from __future__ import annotations

from typing import Any

import pytest

from kastellan import lab as labs
from kastellan.kernel.errors import Unavailable
from kastellan.lab import load, probe, processes
from kastellan.lab.load import clients

admin = pytest.importorskip("confluent_kafka.admin")


@pytest.fixture(scope="module")
def client(loaded_lab: labs.Lab):
    return admin.AdminClient({"bootstrap.servers": loaded_lab.bootstrap, "log_level": 2})


def told(lab: labs.Lab) -> load.LoadTruth:
    truth = load.truth(lab)
    assert truth is not None
    return truth


def test_every_topic_is_as_told(loaded_lab: labs.Lab) -> None:
    truth = told(loaded_lab)
    seen = probe.metadata(loaded_lab.brokers[0].client or "", [each.name for each in truth.topics])
    assert seen is not None
    for topic in truth.topics:
        parts = [part for (name, _), part in seen.partitions.items() if name == topic.name]
        assert len(parts) == topic.partitions
        assert {len(each.replicas) for each in parts} == {topic.replication_factor} == {3}
        assert all(set(each.in_sync) == set(each.replicas) for each in parts)


def test_every_group_is_as_told(loaded_lab: labs.Lab, client, eventually) -> None:
    truth = told(loaded_lab)

    def seen_of(name: str) -> Any:
        return client.describe_consumer_groups([name])[name].result(30)

    for group in truth.groups:
        # A member of a load that was ended before may be missed by its group only when its session is over.
        eventually(lambda group=group: len(seen_of(group.name).members) == group.members, f"the members of {group.name}")
        seen = seen_of(group.name)
        assert seen.state.name == ("STABLE" if group.members else "EMPTY"), group.name
        assert seen.type.name == ("CONSUMER" if group.kind == "consumer" else "CLASSIC"), group.name


def test_commits_move_exactly_where_the_truth_says_so(loaded_lab: labs.Lab, eventually) -> None:
    groups = told(loaded_lab).groups
    before = {each.name: clients.commits(loaded_lab, each.name) for each in groups}
    assert all(before.values())
    for group in groups:
        if group.moves:
            eventually(lambda name=group.name: clients.commits(loaded_lab, name) != before[name], f"{group.name} moves")
    for group in groups:
        if not group.moves:
            assert clients.commits(loaded_lab, group.name) == before[group.name]


def test_a_second_start_finds_the_first(loaded_lab: labs.Lab) -> None:
    known, fresh = load.start(loaded_lab)
    assert not fresh
    assert known == load.truth(loaded_lab)


def test_stop_ends_the_process_and_start_makes_it_move_again(loaded_lab: labs.Lab) -> None:
    identity = processes.read_record(loaded_lab.dir / "load/process")
    assert identity is not None
    assert load.stop(loaded_lab)
    assert processes.now(identity) is None
    assert load.status(loaded_lab) is None
    assert load.stop(loaded_lab) is False
    with pytest.raises(Unavailable, match="is not running; start it with `kastellan lab load`"):
        load.wait_moving(loaded_lab)
    assert load.start(loaded_lab)[1]
    assert load.wait_moving(loaded_lab).running
