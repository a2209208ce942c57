"""Kafka before 4, with KRaft and with ZooKeeper, secured: it starts, lets its principals in, is hurt and mended."""

from __future__ import annotations

import pytest

from kastellan import lab as labs
from kastellan.lab import injection, nodes, probe
from kastellan.lab.faults._model import amiss
from kastellan.lab.security import entrance, logins

pytest.importorskip("confluent_kafka")
pytestmark = [pytest.mark.timeout(400), pytest.mark.slow]


def test_its_principals_log_in_by_every_mechanism(old: labs.Lab) -> None:
    from confluent_kafka import Consumer  # noqa: PLC0415 - an extra

    assert old.kafka.startswith("3.9.")
    for how in logins.PASSWORD_MECHANISMS:
        login = entrance.login(old, "viewer", how)
        assert login is not None
        consumer = Consumer({"bootstrap.servers": old.bootstrap, "group.id": "x", **logins.librdkafka(login)})
        try:
            assert "orders" in consumer.list_topics(timeout=30).topics
        finally:
            consumer.close()


def test_a_killed_broker_is_fenced_and_comes_back(old: labs.Lab) -> None:
    injection.inject(old, "broker_killed", 2)
    seen = probe.metadata(old.node(1).door)
    assert seen is not None
    assert seen.brokers == {1}
    injection.undo(old)
    assert amiss(old) == ""


def test_zookeeper_is_there_where_it_was_asked_for(old: labs.Lab) -> None:
    keepers = [each for each in old.nodes if each.is_zookeeper]
    assert len(keepers) == (1 if old.spec.kafka == "3.9-zk" else 0)
    assert all(probe.keeps(each.zookeeper or "") and nodes.state(each) == "running" for each in keepers)
    assert not probe.keeps(old.brokers[0].broker or "", 2)
    assert len(old.controllers) == (0 if keepers else 1)
