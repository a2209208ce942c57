"""What somebody does on purpose is no alarm: a rolling restart, a reassignment, and a deploy of a group's members."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kastellan import lab as labs
from kastellan.kernel.deadline import Deadline
from kastellan.lab import changes, nodes, probe
from kastellan.lab.faults._model import wait_healed
from kastellan.lab.load import clients
from tests.lab.doctor import findings, run

pytestmark = [pytest.mark.timeout(420), pytest.mark.slow]

Eventually = Callable[..., None]
GROUP, MEMBERS = "deployed", 3


def doctor(lab: labs.Lab, state: Path) -> dict[str, Any]:
    """The report of one run that keeps its looks in a place of its own."""
    return run(lab, state=state)[0]["report"]


def fenced(report: dict[str, Any]) -> set[int]:
    return {key[0] for check, _, key in findings(report) if check == "brokers.fenced"}


def stop_gently(lab: labs.Lab, broker: int, eventually: Eventually) -> None:
    """A controlled shutdown, as a roll does it."""
    found = labs.find(lab.name)
    assert found is not None
    node = found.node(broker)
    assert node.pid is not None
    os.kill(node.pid, signal.SIGTERM)
    eventually(lambda: nodes.state(node) == "gone", f"that broker {broker} has stopped", 60)


def test_a_rolling_restart_is_recognised_and_alarms_nobody(loaded_lab: labs.Lab, eventually: Eventually, tmp_path: Path) -> None:
    assert findings(doctor(loaded_lab, tmp_path), "error") == {}
    for turn, broker in enumerate(each.id for each in loaded_lab.brokers[:2]):
        stop_gently(loaded_lab, broker, eventually)
        seen: list[dict[str, Any]] = []

        def away(broker: int = broker, seen: list[dict[str, Any]] = seen) -> bool:
            seen[:] = [doctor(loaded_lab, tmp_path)]
            return broker in fenced(seen[0])

        try:
            eventually(away, f"that the doctor sees broker {broker} away", 90)
        finally:
            nodes.restart(loaded_lab, broker)
        report = seen[0]
        causes = {each["cause"]: each for each in report["causes"]}
        if turn == 0:
            # The first broker of a roll looks like a crash; everything that is said follows from its absence.
            strangers = {key for key, each in findings(report, "error").items() if not each["explained_by"]}
            assert strangers <= {("brokers.fenced", "broker", (broker,))}, strangers
            assert "broker_down" in causes
        else:
            assert "roll_in_progress" in causes, causes
            assert causes["roll_in_progress"]["against"] == []
            assert findings(report, "error") == {}

        def whole() -> bool:
            report = doctor(loaded_lab, tmp_path)
            return not fenced(report) and not any(check == "replication.under_replicated" for check, _, _ in findings(report))

        eventually(whole, f"that broker {broker} is back and in sync", 120)
    assert findings(doctor(loaded_lab, tmp_path), "error") == {}
    wait_healed(loaded_lab)  # the leaders come home: other tests find the cluster as this one did


def test_a_planned_reassignment_alarms_nobody(loaded_lab: labs.Lab, tmp_path: Path) -> None:
    topic, first, second, third = "lab-moved", *(each.id for each in loaded_lab.brokers)
    clients.create_placed(loaded_lab, topic, [first, second], {"min.insync.replicas": "1"}, Deadline.after(60))
    clients.write(loaded_lab, topic, 0, 40, Deadline.after(60), size=900_000)

    def there() -> bool:
        seen = probe.metadata(loaded_lab.brokers[0].door, [topic])
        return seen is not None and set(seen.partitions[topic, 0].in_sync) == {second, third}

    try:
        changes.reassign(loaded_lab, topic, 0, [second, third])
        deadline = Deadline.after(120)
        while not deadline.passed:
            arrived = there()
            assert findings(doctor(loaded_lab, tmp_path), "error") == {}
            if arrived:
                break
        assert there(), "the move did not end within 120 s"
    finally:
        clients.delete(loaded_lab, topic, Deadline.after(60))


class Member:
    """A consumer of the deployed group that polls until it is ended."""

    def __init__(self, lab: labs.Lab, topic: str) -> None:
        self._stop = threading.Event()
        self.assigned = threading.Event()
        self._thread = threading.Thread(target=self._poll, args=(lab, topic), daemon=True)
        self._thread.start()

    def _poll(self, lab: labs.Lab, topic: str) -> None:
        consumer = clients.consumer(lab, GROUP, {"auto.offset.reset": "earliest"})
        consumer.subscribe([topic])
        try:
            while not self._stop.is_set():
                consumer.poll(0.2)
                if consumer.assignment():
                    self.assigned.set()
        finally:
            consumer.close()

    def end(self) -> None:
        self._stop.set()
        self._thread.join(30)


def test_a_deploy_of_a_groups_members_alarms_nobody(loaded_lab: labs.Lab, eventually: Eventually, tmp_path: Path) -> None:
    topic = "lab-deployed"
    clients.create(loaded_lab, [(topic, 2 * MEMBERS, 3, {})], Deadline.after(60))
    members = [Member(loaded_lab, topic) for _ in range(MEMBERS)]
    try:
        eventually(lambda: all(each.assigned.is_set() for each in members), "that every member owns partitions", 90)
        for number in range(MEMBERS):
            members[number].end()
            assert findings(doctor(loaded_lab, tmp_path), "error") == {}
            members[number] = Member(loaded_lab, topic)
            assert findings(doctor(loaded_lab, tmp_path), "error") == {}
    finally:
        for each in members:
            each.end()
        clients.delete(loaded_lab, topic, Deadline.after(60))
