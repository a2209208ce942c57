"""A broker that is cut off goes on calling groups and transactions its own: none is told twice, over the fake cluster."""

from __future__ import annotations

import asyncio

import polars as pl
import pytest

from kastellan.app.observe import observe
from kastellan.checks.catalogue import all_checks
from kastellan.checks.evaluate import evaluate_all
from kastellan.engine.requests import request_tables
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.outcome import State
from kastellan.model.snapshot import Snapshot
from kastellan.reference.reference_data import packaged_releases
from kastellan.sources.kafka.source import KafkaSource
from kastellan.testing.fake_broker import FakeCluster
from kastellan.testing.fake_broker_model import FakeMember, FakeModel, FakeTransaction, fake_model
from kastellan.views.catalogue import all_views
from kastellan.wire.kafka.api import Api

pytestmark = pytest.mark.enable_socket

OF_GROUPS = ("groups", "members", "assignments", "commits")
TABLES = frozenset({*OF_GROUPS, "brokers", "cluster_views", "topics", "partitions", "offsets"}) | {
    "transactions",
    "transaction_partitions",
}
MINE, PAYER = "group-0000", "payer"


def cut_off(brokers: int) -> FakeModel:
    """Broker 2 hears nothing any more; a group and a transaction that broker 1 coordinates are its own, as it knows."""
    made = fake_model(brokers=brokers, groups=6)
    made.nodes[2].fenced = made.nodes[2].cut_off = True
    group = made.groups[MINE]
    assert group.coordinator == 1
    group.state, group.members = "Stable", [FakeMember("m-1", assigned={"topic-0000": [0, 1]})]
    made.transactions[PAYER] = FakeTransaction(PAYER, 1, 7, partitions={"topic-0000": [0]})
    group.claimed_by = made.transactions[PAYER].claimed_by = 2
    return made


def look(made: FakeModel) -> Snapshot:
    async def run() -> Snapshot:
        async with FakeCluster(made) as fake:
            source = KafkaSource(fake.bootstrap.split(",")[1])  # the one that is cut off is asked first
            try:
                return await observe(source, request_tables(*TABLES), Deadline.after(10))
            finally:
                await source.close()

    return asyncio.run(run())


def rows(snapshot: Snapshot, table: str, name: str) -> list[dict[str, object]]:
    found = snapshot.tables[table]
    return found.df.filter(pl.col(found.roster) == name).to_dicts()


def keys_once(snapshot: Snapshot) -> bool:
    return not any(each.df.select(each.key).is_duplicated().any() for each in snapshot.tables.values())


@pytest.mark.parametrize("fenced", [True, False])
def test_what_most_brokers_say_of_its_coordinator_is_believed(*, fenced: bool) -> None:
    made = cut_off(3)
    # For some seconds nobody knows of it, or it is handing over.
    made.nodes[2].fenced = made.nodes[2].cut_off = fenced
    snapshot = look(made)
    assert keys_once(snapshot)
    (group,) = rows(snapshot, "groups", MINE)
    assert (group["coordinator"], group["members"]) == (1, 1)
    assert len(rows(snapshot, "assignments", MINE)) == 2
    assert len(rows(snapshot, "commits", MINE)) == 6
    (payer,) = rows(snapshot, "transactions", PAYER)
    assert payer["coordinator"] == 1
    assert not any(each.crashed for each in evaluate_all(snapshot, all_checks(), all_views(packaged_releases())))


def test_where_brokers_do_not_agree_it_is_not_seen() -> None:
    snapshot = look(cut_off(2))
    assert keys_once(snapshot)
    answers = {each.id: each for each in snapshot.answers}
    for table in OF_GROUPS:
        (row,) = rows(snapshot, table, MINE)
        assert {name for name, value in row.items() if value is not None} == {"group", "answer"}
        answer = answers[int(str(row["answer"]))]
        assert (answer.request, answer.state) == ("FindCoordinator", State.NOT_COLLECTED)
        assert "by most brokers" in answer.reason
    (payer,) = rows(snapshot, "transaction_partitions", PAYER)
    assert payer["topic"] is None
    assert not any(each.crashed for each in evaluate_all(snapshot, all_checks(), all_views(packaged_releases())))


def test_nobody_is_asked_where_each_has_one_coordinator() -> None:
    made = cut_off(3)
    made.groups[MINE].claimed_by = made.transactions[PAYER].claimed_by = None

    async def run() -> None:
        async with FakeCluster(made) as fake:
            source = KafkaSource(fake.bootstrap)
            await observe(source, request_tables(*TABLES), Deadline.after(10))
            assert Api.FIND_COORDINATOR not in {api for _, api, _ in fake.requests}
            await source.close()

    asyncio.run(run())
