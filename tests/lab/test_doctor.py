"""The doctor, as a user runs it, on real clusters: healthy, hurt in each known way, half gone, and on a busy machine."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from kastellan import lab as labs
from kastellan.kernel.deadline import Deadline
from kastellan.lab import load, processes
from kastellan.lab.load import clients
from tests.lab.doctor import KASTELLAN, PROOFS, TIMEOUT_S, examined, findings, run, settings_of, watched

pytestmark = pytest.mark.timeout(420)

Eventually = Callable[..., None]
Injected = Callable[..., AbstractContextManager[Any]]

FIRST = ("broker_killed", "broker_frozen", "under_min_isr", "transaction_open")
"""The faults of a cluster under load that are told first of all."""
ALSO = {
    "broker_killed": {
        "replication.no_headroom_for_restart",
        "replication.under_replicated",
        "replication.at_min_isr",
    },
}
"""What else is true at once, and must be told under its cause; a voter is behind only after ten seconds."""
LASTING = {
    "broker_killed": "controller.no_majority_margin",
    "transaction_open": "transactions.stuck_last_stable_offset",
}
"""What shows only by comparing looks that lie apart."""
QUICKER = {"transaction_open": ("--set", "transactions.stuck_last_stable_offset.stuck_s=8")}
"""By which such looks need not lie a minute apart."""
APART = {"broker_killed": "replication.offline"}
"""What shows where partitions have one replica, and the quorum outlives its brokers."""
DUE_S = {"transaction_open": 20.0}
"""A producer that is silent for less may be alive: only then its open transaction is an error."""
PASSING = {"broker_frozen": "controller.no_active_controller"}
"""What a fault brings about for a moment: a frozen node may have led the quorum, and until the brokers give up on the requests
that they forwarded to it, no controller answers them."""


def test_nothing_is_at_error_level_on_a_healthy_cluster_and_two_runs_agree(loaded_lab: labs.Lab) -> None:
    first, code = examined(loaded_lab)
    second, again = examined(loaded_lab)
    assert findings(first, "error") == {}
    assert code == again == 0
    assert findings(first, "warning").keys() == findings(second, "warning").keys()
    assert {each["check"] for each in first["results"] if each["crashed"]} == set()


def of_check(lab: labs.Lab, check: str) -> set[tuple[str, str, tuple[Any, ...]]]:
    """The findings of one check in one run."""
    return {key for key in findings(examined(lab)[0]) if key[0] == check}


@pytest.mark.parametrize("fault", FIRST)
def test_a_fault_is_found_first_on_its_subject_in_one_run(
    loaded_lab: labs.Lab, injected: Injected, eventually: Eventually, fault: str
) -> None:
    with injected(loaded_lab, fault) as truth:
        # The last record of a producer is there once its fault was seen to hold, and not when its truth was told.
        due_s = time.monotonic() + DUE_S.get(fault, 0.0)
        if fault in LASTING:
            assert watched(loaded_lab, LASTING[fault], *QUICKER.get(fault, ()))
        if fault in PASSING:
            eventually(lambda: not of_check(loaded_lab, PASSING[fault]), f"{PASSING[fault]} is over", 60)
        eventually(lambda: time.monotonic() >= due_s, "the time from which the fault is an error", 90)
        document, code = run(loaded_lab, *settings_of(fault))
    report, first = document["report"], document["summary"]["problems"][0]
    wanted = (PROOFS[fault].check, truth.kind, tuple(truth.key))
    errors = findings(report, "error")
    assert wanted in errors, sorted(errors)
    assert errors[wanted]["confirmed"]
    assert code == 10
    # Every other error is a consequence of a true one, or of the broker that was killed to make it.
    strangers = {key for key, each in errors.items() if key != wanted and not each["explained_by"]}
    assert strangers <= {("brokers.fenced", "broker", (truth.node,))}, strangers
    assert PROOFS[fault].check in {first["check"], *(each["check"] for each in first["explains"])}
    told = {key: each["explained_by"] for key, each in findings(report).items() if key[0] in ALSO.get(fault, set())}
    assert {check for check, _, _ in told} == ALSO.get(fault, set())
    assert all(told.values()), told


@pytest.fixture
def apart() -> Iterator[labs.Lab]:
    """Three brokers whose controller is a node of its own, so that the quorum outlives two of them."""
    name = f"test-apart-{os.getpid()}"
    try:
        lab = labs.up(labs.LabSpec(name=name, brokers=3, controllers=1, racks=3, owner=processes.me()))
        load.start(lab)
        load.wait_moving(lab)
        clients.create(lab, [("alone", 3, 1, {})], Deadline.after(60))
        yield lab
    finally:
        labs.down(name)


def test_with_one_broker_frozen_and_one_dead_the_third_tells_what_it_knows(apart: labs.Lab, eventually: Eventually) -> None:
    healthy, frozen, dead = (each.id for each in apart.brokers)
    labs.stop(apart, frozen)
    labs.kill(apart, dead)
    deadline_s = 6
    report, _ = examined(apart, deadline_s)  # the controller has fenced neither yet, or just now
    assert report["cost"]["wall_ms"] <= deadline_s * 1000
    assert report["shape"]["partitions"] is not None
    assert ("brokers.unreachable", "broker", (healthy,)) not in findings(report)
    incomplete = [answer["peer"] for answer in report["answers"] if answer["state"] != "complete"]
    assert {frozen, dead} & {peer["key"] for peer in incomplete if peer["kind"] == "broker"}

    def both_told() -> bool:
        errors = findings(examined(apart)[0], "error")
        return {("brokers.fenced", "broker", (each,)) for each in (frozen, dead)} <= errors.keys()

    eventually(both_told, "both brokers told as fenced, at error level", 60)
    last = findings(examined(apart)[0])
    assert "silent" in last["brokers.fenced", "broker", (frozen,)]["observed"]
    assert "refused" in last["brokers.fenced", "broker", (dead,)]["observed"]
    offline = {key: each for key, each in last.items() if key[0] == APART["broker_killed"] and key[2][0] == "alone"}
    assert len(offline) == 2
    assert all(each["explained_by"] for each in offline.values())


@contextlib.contextmanager
def busy(count: int) -> Iterator[None]:
    """So many processes that compute for nothing."""
    workers = [multiprocessing.get_context("spawn").Process(target=_burn, daemon=True) for _ in range(count)]
    for each in workers:
        each.start()
    try:
        yield
    finally:
        for each in workers:
            each.kill()
            each.join(10)


def _burn() -> None:
    while os.getppid() != 1:
        sum(range(100_000))


def test_no_healthy_broker_is_accused_while_the_machine_is_busy(loaded_lab: labs.Lab) -> None:
    with busy(2 * (os.cpu_count() or 2)):
        report, _ = examined(loaded_lab)
    accused = {key for key in findings(report, "error") if key[0].startswith("brokers.")}
    assert accused == set()


def test_a_saved_snapshot_gives_the_same_answer_without_the_cluster(loaded_lab: labs.Lab, tmp_path: Path) -> None:
    file = tmp_path / "look.kastellan"
    command = [
        str(KASTELLAN),
        "snapshot",
        "save",
        str(file),
        "--bootstrap-server",
        loaded_lab.bootstrap,
        "--timeout",
        str(TIMEOUT_S),
    ]
    saved = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert saved.returncode == 0, saved.stderr
    told = [
        subprocess.run(
            [str(KASTELLAN), "doctor", "--bundle", str(file), "-o", "json"],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        for _ in range(2)
    ]
    first, second = (json.loads(each.stdout)["report"] for each in told)
    assert findings(first) == findings(second)
    assert first["shape"]["brokers"] == len(loaded_lab.brokers)
    live, _ = examined(loaded_lab)
    assert findings(first, "error", "warning").keys() == findings(live, "error", "warning").keys()
