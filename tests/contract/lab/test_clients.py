"""What the lab asks of a cluster through librdkafka, where the cluster is just moving."""

from __future__ import annotations

from kastellan.lab.load import clients
from kastellan.testing.fake_broker import fake_cluster, fake_model
from kastellan.testing.fake_broker_faults import Fault

OFFSET_FETCH = 9
NOT_COORDINATOR = 16


def test_commits_are_told_though_the_coordinator_moves_meanwhile() -> None:
    # librdkafka's admin client ends the process with a segmentation fault here.
    with fake_cluster(fake_model(brokers=3, topics=2)) as fake:
        group = fake.model.groups["group-0001"]
        moved = fake.faults.add(Fault(api=OFFSET_FETCH, error_code=NOT_COORDINATOR, times=2))
        assert clients.commits(fake.bootstrap, group.id) == group.commits != {}
        assert moved.times == 0
