"""A topic counts as made once the brokers know it."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path

import pytest

from kastellan.kernel.deadline import Deadline
from kastellan.lab.load import clients
from kastellan.lab.model import Lab, LabSpec, layout
from kastellan.lab.probe import ClusterSeen, PartitionSeen

pytest.importorskip("confluent_kafka")
TOPIC = "orders"


class Controller:
    """It makes every topic at once."""

    def create_topics(self, new_topics: list[object], *, request_timeout: float) -> dict[str, Future[None]]:
        done: Future[None] = Future()
        done.set_result(None)
        return {TOPIC: done}


class Brokers:
    """Each knows the topic from a certain question on, and who leads it one later; None never answers."""

    def __init__(self, knows_at: dict[str, int | None]) -> None:
        self.knows_at = knows_at
        self.asked = dict.fromkeys(knows_at, 0)

    def metadata(self, door: object, topics: list[str]) -> ClusterSeen | None:
        address = str(door)
        self.asked[address] += 1
        at = self.knows_at[address]
        if at is None:
            return None
        known = self.asked[address] >= at
        leader = 1 if self.asked[address] > at else -1
        return ClusterSeen(frozenset({1}), {(TOPIC, 0): PartitionSeen(0, leader, (1,), (1,))} if known else {})


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    nodes = layout(LabSpec(), tmp_path, range(6), range(3))
    return Lab(name="lab", dir=tmp_path, cluster_id="c", kafka="4", spec=LabSpec(), nodes=nodes)


def make(lab: Lab, monkeypatch: pytest.MonkeyPatch, knows_at: list[int | None], *, state: str = "running") -> list[int]:
    brokers = Brokers({str(each.door): at for each, at in zip(lab.brokers, knows_at, strict=True)})
    monkeypatch.setattr(clients, "admin", lambda _: Controller())
    monkeypatch.setattr(clients, "_PAUSE_S", 0.0)
    monkeypatch.setattr(clients.nodes, "state", lambda _: state)
    monkeypatch.setattr(clients.probe, "metadata", brokers.metadata)
    clients.create(lab, [(TOPIC, 1, 1, {})], Deadline.after(0.5))
    return list(brokers.asked.values())


def test_the_slowest_broker_is_waited_for(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = make(lab, monkeypatch, [1, 1, 5])
    assert asked[2] == 6


def test_one_that_does_not_answer_is_not_waited_for(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    assert make(lab, monkeypatch, [None, 1, None]) == [2, 2, 1]


def test_one_that_never_catches_up_is_waited_for_within_the_deadline(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    assert make(lab, monkeypatch, [10**9, 1, 1])[0] > 10


def test_one_that_is_down_is_not_asked(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    assert make(lab, monkeypatch, [1, 1, 1], state="gone") == [0, 0, 0]
