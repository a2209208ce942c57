"""The fake keeps the contract of the tables; tests/lab/test_tables.py holds a real Kafka to the same."""

from __future__ import annotations

import asyncio
import time

import polars as pl
import pytest

from kastellan.app.observe import observe
from kastellan.engine.requests import TableRequest, request_tables
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.outcome import State
from kastellan.model.catalogue import all_tables
from kastellan.model.snapshot import Snapshot
from kastellan.sources.kafka.source import KafkaSource
from kastellan.testing.fake_broker import FakeCluster, fake_model
from kastellan.testing.fake_broker_faults import Fault
from kastellan.testing.fake_broker_model import FakeAcl, FakeMember, FakeModel
from kastellan.wire.kafka.api import Api
from tests.contract.sources.tables_kit import BEHAVIOURS, FakePlace

pytestmark = pytest.mark.enable_socket
ACCESS = {"acls": Api.DESCRIBE_ACLS, "scram_users": 50, "quotas": 48, "delegation_tokens": 41}


@pytest.fixture(autouse=True)
def _patient(monkeypatch):
    """On a busy machine an answer may take long enough for another broker to be asked as well."""
    monkeypatch.setattr("kastellan.sources.kafka.requester._HEDGE_S", 60.0)


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda each: each.__name__)
def test_fake(behaviour):
    async def run() -> None:
        async with FakeCluster(fake_model()) as fake:
            await behaviour(FakePlace(fake))

    asyncio.run(run())


def collect_or_load(
    model: FakeModel, tables: set[str], *faults: Fault, hidden: tuple[int, ...] = ()
) -> tuple[Snapshot, list[int]]:
    """One look; and the requests that it cost, by API."""

    async def run() -> tuple[Snapshot, list[int]]:
        async with FakeCluster(model) as fake:
            for fault in faults:
                fake.faults.add(fault)
            for api in hidden:
                fake.faults.offer(api, None)
            source = KafkaSource(fake.bootstrap)
            try:
                return await observe(source, request_tables(*tables), Deadline.after(10)), [api for _, api, _ in fake.requests]
            finally:
                await source.close()

    return asyncio.run(run())


def test_every_table_names_the_requests_that_fill_it() -> None:
    async def run() -> Snapshot:
        async with FakeCluster(fake_model()) as fake:
            place = FakePlace(fake)
            await place.share_group("share")
            await place.streams_group("streams")
            await place.group_config("configured", "consumer.session.timeout.ms", "45000")
            source = KafkaSource(fake.bootstrap)
            try:
                return await observe(source, request_tables(*all_tables()), Deadline.after(20))
            finally:
                await source.close()

    snapshot = asyncio.run(run())
    asked = {answer.id: answer.request for answer in snapshot.answers}
    for name, table in snapshot.tables.items():
        answers = {*table.df["answer"].drop_nulls(), *(unseen.answer for unseen in table.unseen)}
        assert {asked[answer] for answer in answers} <= {*table.collection.requests}, name
    assert len(snapshot.tables) > 30


def test_acls_in_words() -> None:
    made = fake_model()
    acl = FakeAcl("pay", "User:eve", "10.0.0.1", resource_type=5, pattern_type=4, operation=15, permission=2)
    made.acls = [acl, FakeAcl("new", operation=99)]
    snapshot, _ = collect_or_load(made, {"acls"})
    rows = snapshot.tables["acls"].df
    assert rows.drop("answer").rows() == [
        ("transactional-id", "pay", "prefixed", "User:eve", "10.0.0.1", "two-phase-commit", "deny"),
        ("topic", "new", "literal", "User:app", "*", "code 99", "allow"),
    ]
    assert {each.id for each in snapshot.answers} >= set(rows["answer"])


def test_without_an_authorizer_there_are_no_acls_and_that_is_known() -> None:
    made = fake_model()
    made.acls, made.tokens = None, None
    snapshot, asked = collect_or_load(made, {"acls", "delegation_tokens"})
    for name, api, word in (
        ("acls", "DescribeAcls", "no authorizer"),
        ("delegation_tokens", "DescribeDelegationToken", "not enabled"),
    ):
        assert snapshot.tables[name].df.height == 0
        assert not snapshot.tables[name].unseen
        (answer,) = [each for each in snapshot.answers if each.request == api]
        assert answer.state is State.UNSUPPORTED
        assert word in answer.reason
    assert asked.count(Api.DESCRIBE_ACLS) == 1  # another broker would say the same


@pytest.mark.parametrize("table", ACCESS)
def test_who_may_not_ask_is_told_so_once(table: str) -> None:
    snapshot, asked = collect_or_load(fake_model(), {table}, Fault(api=ACCESS[table], error_code=31))
    (unseen,) = snapshot.tables[table].unseen
    answer = next(each for each in snapshot.answers if each.id == unseen.answer)
    assert (answer.state, snapshot.tables[table].df.height) == (State.DENIED, 0)
    assert asked.count(ACCESS[table]) == 1


@pytest.mark.parametrize(("table", "api"), [*ACCESS.items(), ("client_metrics", 74), ("group_configs", 74)])
def test_what_no_broker_offers_is_unsupported(table: str, api: int) -> None:
    snapshot, _ = collect_or_load(fake_model(), {table}, hidden=(api,))
    (unseen,) = snapshot.tables[table].unseen
    assert next(each for each in snapshot.answers if each.id == unseen.answer).state is State.UNSUPPORTED


def test_a_silent_broker_has_no_log_levels_and_a_placeholder() -> None:
    snapshot, _ = collect_or_load(fake_model(), {"broker_loggers"}, Fault(api=32, node=2, error_code=31))
    rows = snapshot.tables["broker_loggers"].df
    (hidden,) = rows.filter(pl.col("logger").is_null()).to_dicts()
    assert hidden["broker"] == 2
    assert next(each for each in snapshot.answers if each.id == hidden["answer"]).state is State.DENIED
    assert rows.filter(pl.col("level") == "INFO")["broker"].to_list() == [1, 3]


def test_members_of_classic_groups_tell_what_they_subscribe_to_while_the_group_is_stable() -> None:
    made = fake_model(groups=3)
    group = made.groups["group-0000"]
    group.state = "Stable"
    group.members = [
        FakeMember("m-1", assigned={"topic-0000": [0]}, subscribed=["topic-0002", "topic-0000"], instance_id="static-1"),
        FakeMember("m-2", assigned={}, subscribed=[]),
    ]
    other = made.groups["group-0001"]
    other.type, other.state, other.epoch = "consumer", "Reconciling", 7
    other.members = [FakeMember("c-1", assigned={"topic-0001": [0, 1]}, epoch=6, member_type=0, rack="a")]
    snapshot, _ = collect_or_load(made, {"groups", "members"})
    members = {row["member"]: row for row in snapshot.tables["members"].df.to_dicts()}
    assert members["m-1"]["subscribed"] == "topic-0000,topic-0002"
    assert (members["m-1"]["instance_id"], members["m-2"]["instance_id"]) == ("static-1", "")
    assert (members["m-2"]["subscribed"], members["m-1"]["epoch"], members["m-1"]["rack"]) == ("", None, None)
    joined = members["c-1"]
    assert (joined["protocol"], joined["epoch"], joined["target"], joined["regex"], joined["rack"]) == ("classic", 6, 2, "", "a")
    groups = {row["group"]: row for row in snapshot.tables["groups"].df.to_dicts()}
    assert (groups["group-0001"]["epoch"], groups["group-0001"]["assignor"]) == (7, "uniform")
    assert (groups["group-0000"]["epoch"], groups["group-0000"]["assignor"]) == (None, "range")


def test_errors_of_metadata_tell_none_from_unseen() -> None:
    snapshot, _ = collect_or_load(fake_model(), {"topics", "partitions"}, Fault(api=3, error_code=72, key=("topic-0001", 2)))
    assert set(snapshot.tables["topics"].df["error"]) == {""}
    errors = snapshot.tables["partitions"].df.filter(pl.col("error") != "")
    assert errors.select("topic", "partition", "error").rows() == [("topic-0001", 2, "LISTENER_NOT_FOUND")]
    assert snapshot.tables["partitions"].df["error"].null_count() == 0


def test_a_partition_whose_producers_may_not_be_read_has_a_placeholder() -> None:
    made = fake_model()
    made.topics["topic-0001"].partitions[3].leader = -1

    async def run() -> Snapshot:
        async with FakeCluster(made) as fake:
            fake.faults.add(Fault(api=61, error_code=29, key=("topic-0001", 1)))
            source = KafkaSource(fake.bootstrap)
            wanted = (TableRequest("producers", members=frozenset({"topic-0001"})),)
            try:
                return await observe(source, wanted, Deadline.after(10))
            finally:
                await source.close()

    snapshot = asyncio.run(run())
    rows = snapshot.tables["producers"].df
    by_id = {each.id: each for each in snapshot.answers}
    told = {row["partition"]: (row["producer_id"], by_id[row["answer"]].state) for row in rows.to_dicts()}
    assert told == {1: (None, State.DENIED), 3: (None, State.FAILED)}


def test_the_age_of_unread_records_is_asked_of_leaders_for_what_lags_only() -> None:
    made = fake_model(topics=2, groups=2)
    now_ms = time.time_ns() // 1_000_000
    for part in made.topics["topic-0000"].partitions:
        part.latest, part.step_ms, part.first_ms = 1_000, 1_000, now_ms - 1_000_000
    made.groups["group-0000"].commits = {("topic-0000", 0): 400, ("topic-0000", 1): 1_000, ("topic-0000", 2): 990}
    made.groups["group-0001"].commits = {("topic-0000", 0): 700, ("topic-0001", 3): 5}

    async def run() -> tuple[Snapshot, Snapshot]:
        async with FakeCluster(made) as fake:
            fake.faults.add(Fault(api=2, error_code=29, key=("topic-0001", 3)))
            source = KafkaSource(fake.bootstrap)
            try:
                one = (TableRequest("commit_times", members=frozenset({"group-0000"})),)
                return (
                    await observe(source, request_tables("commit_times", "commits", "offsets"), Deadline.after(10)),
                    await observe(source, one, Deadline.after(10)),
                )
            finally:
                await source.close()

    every, named = asyncio.run(run())
    rows = {(row["group"], row["topic"], row["partition"]): row for row in every.tables["commit_times"].df.to_dicts()}
    # What is caught up is not asked for; of what nobody could see to lag the row says that it is not known.
    lagging = {("group-0000", "topic-0000", 0), ("group-0000", "topic-0000", 2), ("group-0001", "topic-0000", 0)}
    assert rows.keys() == lagging | {("group-0001", "topic-0001", 3)}
    dark = rows.pop(("group-0001", "topic-0001", 3))
    assert (dark["method"], dark["written_ms"]) == (None, None)
    assert dark["answer"] in {each.id for each in every.answers if each.state is State.DENIED}
    for (group, topic, partition), row in rows.items():
        truth = now_ms - 1_000_000 + 1_000 * made.groups[group].commits[topic, partition]
        assert abs(row["written_ms"] - truth) <= row["error_ms"] + 1, row
    assert set(named.tables) == {"commit_times"}
    assert set(named.tables["commit_times"].df["group"]) == {"group-0000"}


def test_a_leader_that_refuses_times_leaves_the_age_unknown() -> None:
    made = fake_model(topics=1, groups=1)
    snapshot, _ = collect_or_load(
        made, {"commit_times"}, Fault(api=2, node=made.topics["topic-0000"].partitions[0].leader, close=True)
    )
    times = snapshot.tables["commit_times"].df
    refused = times.filter(pl.col("answer").is_in([each.id for each in snapshot.answers if each.state is State.FAILED]))
    assert sorted(refused["partition"]) == [0, 3]  # the commits are there: the request that is refused takes no other along
    assert refused["written_ms"].null_count() == 2
    made.topics["topic-0000"].partitions[0].step_ms = 1
    snapshot, _ = collect_or_load(made, {"commit_times"})
    rows = snapshot.tables["commit_times"].df
    assert rows.height == 6
    assert rows.filter(pl.col("partition") > 0)["written_ms"].null_count() == 5
