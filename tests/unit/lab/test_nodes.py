"""A broker that ZooKeeper still knows is not started again."""

from __future__ import annotations

from pathlib import Path

import pytest

from kastellan.kernel.deadline import Deadline
from kastellan.lab import nodes, probe
from kastellan.lab.model import KAFKA_39_ZK, Lab, LabSpec, layout


def test_a_killed_broker_is_waited_for_until_no_other_one_lists_it(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = LabSpec(brokers=2, kafka=KAFKA_39_ZK)
    members = layout(spec, Path("/labs/lab"), range(1_001, 1_010), ())
    lab = Lab(name="lab", dir=Path("/labs/lab"), cluster_id="c", kafka="3.9.2", spec=spec, nodes=members)
    answers = [frozenset({1, 2}), frozenset({1, 2}), frozenset({1})]
    asked: list[object] = []

    def metadata(where: object) -> probe.ClusterSeen:
        asked.append(where)
        return probe.ClusterSeen(answers[len(asked) - 1], {})

    monkeypatch.setattr(nodes.probe, "metadata", metadata)
    monkeypatch.setattr(nodes, "state", lambda _: "running")
    nodes._wait_forgotten(lab, 2, Deadline.after(60))
    assert asked == [lab.node(1).door] * len(answers)
