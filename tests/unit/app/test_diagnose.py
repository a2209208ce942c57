from __future__ import annotations

import asyncio
import gc
from collections.abc import Sequence

import msgspec
import pytest

from kastellan.app import diagnose as module
from kastellan.app.diagnose import CheckPlan, plan_checks, run_checks, run_checks_on_saved
from kastellan.app.observe import held_gc
from kastellan.engine.requests import TableRequests
from kastellan.findings.cluster_shape import cluster_shape
from kastellan.kernel.errors import BadInput, Unreachable
from kastellan.kernel.outcome import Trouble
from kastellan.model.finding import Severity
from kastellan.model.snapshot import Cost, Snapshot
from kastellan.model.tables.broker_features import BrokerFeatures
from kastellan.model.tables.features import Features
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.replicas import Replicas
from kastellan.reference.reference_data import packaged_releases
from kastellan.testing.fixed_source import FixedSource
from kastellan.testing.snapshots import AT_MS, drop, edit, failed_answer, healthy

OFFLINE = "replication.offline"


class Played(FixedSource):
    """A source that plays looks, one after the other; the last one again and again. An exception is raised."""

    def __init__(self, *looks: Snapshot | Exception) -> None:
        super().__init__(self.play)
        self.looks: Sequence[Snapshot | Exception] = looks

    def play(self, _: TableRequests) -> Snapshot:
        look = self.looks[min(len(self.requested), len(self.looks)) - 1]
        if isinstance(look, Exception):
            raise look
        return look


def sound(after_s: float = 0.0) -> Snapshot:
    return msgspec.structs.replace(healthy(at_ms=AT_MS + int(after_s * 1000)), cost=Cost(requests=10, by_request={"Metadata": 2}))


def offline(after_s: float = 0.0) -> Snapshot:
    hurt = edit(sound(after_s), Partitions, {"topic": "orders", "partition": 1}, leader=-1)
    return edit(hurt, Replicas, {"topic": "orders", "partition": 1}, in_sync=False, offline=True)


def unseen(after_s: float = 0.0) -> Snapshot:
    return edit(sound(after_s), Partitions, {"topic": "orders", "partition": 1}, leader=None)


def run(*looks, timeout_s: float = 5.0, exam: CheckPlan | None = None, before=None):
    source = Played(*looks)
    return asyncio.run(run_checks(source, exam or plan_checks((OFFLINE,)), timeout_s, before)), source


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    monkeypatch.setattr(module, "PAUSE_S", 0.0)


def test_a_healthy_cluster_is_looked_at_once():
    examined, source = run(sound())
    assert len(source.requested) == 1
    assert examined.report.collections == 1
    assert examined.report.worst() is None
    assert examined.report.shape.brokers == 3
    assert examined.report.shape.controllers == 3
    assert examined.report.shape.kafka == "4.3"


def test_the_release_is_told_by_the_brokers_or_else_by_the_level_in_force():
    mixed = edit(sound(), BrokerFeatures, {"broker": 2}, supported_max=29)
    assert cluster_shape(mixed, packaged_releases()).kafka == "4.2, 4.3"
    assert cluster_shape(drop(sound(), BrokerFeatures, {}), packaged_releases()).kafka == "4.3 or newer (by metadata.version 30)"
    assert cluster_shape(drop(drop(sound(), BrokerFeatures, {}), Features, {}), packaged_releases()).kafka is None


def test_an_error_is_confirmed_by_a_second_look_with_the_same_needs():
    examined, source = run(offline(), offline(1))
    assert source.requested[0] == source.requested[1]
    assert examined.report.collections == 2
    assert [(each.check, each.severity, each.confirmed) for each in examined.report.findings] == [(OFFLINE, Severity.ERROR, True)]
    assert examined.report.at_ms == AT_MS + 1000
    assert examined.report.cost.requests == 20
    assert examined.report.cost.by_request == {"Metadata": 4}


def test_an_error_that_the_second_look_does_not_see_is_dropped_with_a_note():
    examined, _ = run(offline(), sound(1))
    assert examined.report.findings == ()
    assert any(OFFLINE in each for each in examined.report.notes)


def test_an_error_that_the_second_look_cannot_judge_is_a_warning_seen_once():
    examined, _ = run(offline(), unseen(1))
    (finding,) = examined.report.findings
    assert finding.severity is Severity.WARNING
    assert not finding.confirmed


def test_a_second_look_that_saw_less_confirms_what_it_can_and_is_not_shown():
    first = edit(offline(), Partitions, {"topic": "payments", "partition": 0}, leader=-1)
    first = edit(first, Replicas, {"topic": "payments", "partition": 0}, in_sync=False, offline=True)
    second = edit(offline(1), Partitions, {"topic": "payments"}, leader=None)
    examined, _ = run(first, second)
    assert examined.report.at_ms == AT_MS
    assert examined.report.cost.requests == 20
    told = {each.subject.text: (each.severity, each.confirmed) for each in examined.report.findings}
    assert told == {"orders-1": (Severity.ERROR, True), "payments-0": (Severity.WARNING, False)}
    assert any("saw less" in each for each in examined.report.notes)


def test_no_time_for_a_second_look_leaves_a_warning_seen_once():
    examined, source = run(offline(), offline(1), timeout_s=0.2)
    assert len(source.requested) == 1
    assert examined.report.collections == 1
    assert [each.severity for each in examined.report.findings] == [Severity.WARNING]


def test_a_second_look_that_reaches_nobody_leaves_a_warning_and_says_so():
    examined, _ = run(offline(), Unreachable("nobody there"))
    assert [each.confirmed for each in examined.report.findings] == [False]
    assert any("nobody there" in each for each in examined.report.notes)


def test_a_silent_peer_is_looked_at_twice_even_without_an_error():
    snapshot, number = failed_answer(sound())
    answers = tuple(
        msgspec.structs.replace(each, trouble=Trouble.SILENT) if each.id == number else each for each in snapshot.answers
    )
    examined, source = run(msgspec.structs.replace(snapshot, answers=answers), sound(1))
    assert len(source.requested) == 2
    assert examined.report.collections == 2


def test_a_cluster_that_refuses_is_unreachable_at_once():
    source = Played(Unreachable("refused"))
    with pytest.raises(Unreachable):
        asyncio.run(run_checks(source, plan_checks((OFFLINE,)), 5.0))
    assert len(source.requested) == 1


def test_under_watch_a_known_error_needs_no_second_look():
    before, _ = run(offline(), offline(1))
    examined, source = run(offline(10), before=before)
    assert len(source.requested) == 1
    assert [each.severity for each in examined.report.findings] == [Severity.ERROR]
    assert [each.at_ms for each in examined.snapshot.earlier] == [AT_MS + 1000, AT_MS]


def test_a_saved_snapshot_is_confirmed_by_its_earlier_look():
    twice = offline(1).after(offline())
    assert [each.severity for each in run_checks_on_saved(twice, plan_checks((OFFLINE,)), AT_MS).report.findings] == [
        Severity.ERROR
    ]
    once = run_checks_on_saved(offline(), plan_checks((OFFLINE,)), AT_MS + 60_000)
    assert [each.severity for each in once.report.findings] == [Severity.WARNING]
    assert "1 min ago" in once.report.notes[0]


@pytest.mark.examines
def test_live_and_saved_give_the_same_answer():
    live, _ = run(offline(), offline(1), exam=plan_checks())
    saved = run_checks_on_saved(live.snapshot, plan_checks(), AT_MS)

    def told(report):
        return [msgspec.structs.replace(each, took_ms=0) for each in report.results]

    assert told(saved.report) == told(live.report)
    assert saved.report.collections == live.report.collections


def test_what_does_not_exist_cannot_be_examined():
    with pytest.raises(BadInput):
        plan_checks(only=("nonsense",))
    with pytest.raises(BadInput):
        plan_checks(skip=("nonsense",))
    with pytest.raises(BadInput):
        plan_checks(settings={"no.check": {"x": 1.0}})
    with pytest.raises(BadInput):
        plan_checks(only=(OFFLINE,), settings={OFFLINE: {"no_such": 1.0}})
    with pytest.raises(BadInput):
        plan_checks(only=(OFFLINE,), skip=(OFFLINE,))


def test_garbage_collection_is_held_and_given_back_also_after_an_error():
    assert gc.isenabled()
    with held_gc():
        assert not gc.isenabled()
    assert gc.isenabled()

    def failing() -> None:
        with held_gc():
            raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        failing()
    assert gc.isenabled()


def test_garbage_collection_is_held_until_the_last_holder_lets_go():
    """Two at once, as a daemon with several clusters has them: the first that ends must not start it for the other."""
    first, second = held_gc(), held_gc()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert not gc.isenabled()
    second.__exit__(None, None, None)
    assert gc.isenabled()


def test_garbage_collection_that_was_off_stays_off():
    gc.disable()
    try:
        with held_gc(), held_gc():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()
