"""Collectors fail apart, run in a declared order, and are found in their folder."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest

from kastellan.app.observe import observe
from kastellan.engine.requests import TableRequest, TableRequests, merge_requests
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import Defect
from kastellan.kernel.outcome import State
from kastellan.model.answer import Peer
from kastellan.model.catalogue import all_tables
from kastellan.model.snapshot import Snapshot
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.offsets import Offsets
from kastellan.model.tables.topics import Topics
from kastellan.sources.kafka import collect as collecting
from kastellan.sources.kafka import collectors as package
from kastellan.sources.kafka.collect_session import CollectSession
from kastellan.sources.kafka.collector import (
    Collector,
    Flow,
    RegisteredCollector,
    Stage,
    all_collectors,
    order_collectors,
    wanted_outputs,
)
from kastellan.sources.kafka.source import KafkaSource
from kastellan.testing.fake_broker import FakeCluster
from kastellan.testing.fake_broker_model import FakeMember, FakeModel, fake_model

pytestmark = pytest.mark.enable_socket

SECRET = "password=hunter2"
KEYS = {"topic_configs": frozenset({"retention.ms"}), "broker_configs": frozenset({"min.insync.replicas"})}
NAMES = [registered.name for registered in all_collectors()]
MOVING = (
    "answer",
    "answer_ms",
    "last_fetch_ms",
    "last_caught_up_ms",
    "written_ms",
    "error_ms",
    "rounds",
    "method",
    "port",
    "address",
)
"""Columns that differ from one collection to the next."""


def model() -> FakeModel:
    cluster = fake_model(groups=6)
    group = cluster.groups["group-0000"]
    group.state, group.members = "Stable", [FakeMember("m-1", assigned={"topic-0000": [0, 1, 2]})]
    return cluster


def every_table() -> TableRequests:
    members = {"producers": frozenset({"topic-0001"})}
    return merge_requests(
        TableRequest(name, KEYS.get(name, frozenset()), members.get(name, frozenset())) for name in all_tables()
    )


def collect(monkeypatch: pytest.MonkeyPatch, collectors: tuple[RegisteredCollector, ...]) -> Snapshot:
    monkeypatch.setattr(collecting, "all_collectors", lambda: collectors)

    async def run() -> Snapshot:
        async with FakeCluster(model()) as fake:
            source = KafkaSource(fake.bootstrap)
            try:
                return await observe(source, every_table(), Deadline.after(20))
            finally:
                await source.close()

    return asyncio.run(run())


def rows(snapshot: Snapshot, name: str) -> list[tuple[object, ...]]:
    return snapshot.tables[name].df.drop(*MOVING, strict=False).rows()


async def explode(_: CollectSession, __: Flow) -> Iterable[object]:
    await asyncio.sleep(0)
    raise KeyError(SECRET)


def outputs_that_rest_on(name: str) -> set[type]:
    """What the collector gives, and what the collectors that need any of that give."""
    lost = set(next(registered for registered in all_collectors() if registered.name == name).collector.outputs)
    for registered in all_collectors():  # providers come first
        needs = {*registered.collector.needs, *(kind for kinds in registered.collector.needs_for.values() for kind in kinds)}
        if needs & lost:
            lost |= set(registered.collector.outputs)
    return lost


@pytest.fixture(scope="module")
def sound() -> Snapshot:
    with pytest.MonkeyPatch.context() as patch:
        return collect(patch, all_collectors())


def test_every_table_is_filled_by_a_collector(sound: Snapshot) -> None:
    assert set(sound.tables) == set(all_tables())
    assert not [answer for answer in sound.answers if answer.peer.kind == "collector"]


@pytest.mark.parametrize("name", NAMES)
def test_a_collector_that_raises_costs_its_own_tables_only(name: str, sound: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    raising = tuple(
        msgspec.structs.replace(registered, collect=explode) if registered.name == name else registered
        for registered in all_collectors()
    )
    snapshot = collect(monkeypatch, raising)
    (failed,) = [answer for answer in snapshot.answers if answer.peer == Peer("collector", name)]
    assert (failed.state, failed.reason) == (State.FAILED, "KeyError")
    assert SECRET not in repr(snapshot.answers)
    lost = {table for table in all_tables() if failed.id in {part.answer for part in snapshot.tables[table].unseen}}
    own = {kind.name for kind in next(known for known in all_collectors() if known.name == name).collector.fills}
    may_be_lost = {kind.__name__ for kind in outputs_that_rest_on(name)}
    assert own <= lost
    assert {all_tables()[table].__name__ for table in lost} <= may_be_lost
    assert all(snapshot.tables[table].df.is_empty() for table in lost)
    for table in set(all_tables()) - lost:
        assert rows(snapshot, table) == rows(sound, table), table
        assert len(snapshot.tables[table].unseen) == len(sound.tables[table].unseen), table


class GivenFirst(msgspec.Struct, frozen=True):
    """A value between two collectors of a test."""


def registered(name: str, collector: Collector) -> RegisteredCollector:
    return RegisteredCollector(name, collector, explode)


def test_providers_come_first_and_a_circle_or_a_second_provider_is_refused() -> None:
    takes = registered("a", Collector(fills=(Topics,), needs=(GivenFirst,)))
    gives = registered("b", Collector(gives=(GivenFirst,)))
    last = registered("0", Collector(fills=(Groups,), stage=Stage.LAST))
    assert [collector.name for collector in order_collectors([last, takes, gives])] == ["b", "a", "0"]
    with pytest.raises(Defect, match="wait for each other: a, b"):
        order_collectors([takes, registered("b", Collector(gives=(GivenFirst,), uses=(Topics,)))])
    with pytest.raises(Defect, match="b and c both give GivenFirst"):
        order_collectors([gives, registered("c", Collector(gives=(GivenFirst,)))])
    with pytest.raises(Defect, match="takes GivenFirst, and no collector gives it"):
        order_collectors([takes])


def test_only_what_is_needed_is_collected_besides_what_is_requested() -> None:
    names = {kind.__name__ for kind in wanted_outputs(all_collectors(), [Offsets])}
    assert names == {"Offsets", "Partitions", "TopicMetadata", "EarliestOffsets"}
    assert {kind.__name__ for kind in wanted_outputs(all_collectors(), [Groups])} == {"Groups"}


def test_a_value_that_is_not_declared_is_refused() -> None:
    async def run() -> None:
        flow = Flow("a", Collector(fills=(Topics,)), {})
        with pytest.raises(Defect, match="takes Groups and does not declare it"):
            await flow.find(Groups)
        with pytest.raises(Defect, match="gives GivenFirst and does not declare it"):
            flow.publish(GivenFirst())

    asyncio.run(run())


ADDED = '''"""A collector that a test adds."""

from kastellan.model.tables.topics import Topics
from kastellan.sources.kafka.collector import Collector


class Extra:
    pass


COLLECTOR = Collector(gives=(Extra,), needs=(Topics,))


async def collect(session, flow):
    topics = await flow.get(Topics)
    assert topics.df.height
    return (Extra(),)
'''


def test_a_collector_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in the folder is a collector: nothing else is touched."""
    (tmp_path / "extra.py").write_text(ADDED)
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    all_collectors.cache_clear()
    try:
        collectors = all_collectors()
    finally:
        monkeypatch.undo()
        all_collectors.cache_clear()
    assert {collector.name for collector in collectors} == {*NAMES, "extra"}
    names = [collector.name for collector in collectors]
    assert names.index("extra") > names.index("topics")
