"""What the Kafka source promises of the tables about access, resources and newer groups: on the fake, and on a real Kafka.

Each behaviour is a coroutine over a `Place`, which knows how to make the things that are then to be seen. `BEHAVIOURS` is
read by both tests.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import uuid
import zipfile
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import polars as pl

from kastellan.app.observe import observe
from kastellan.engine.needs import ALL
from kastellan.engine.requests import TableRequest, merge_requests
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.outcome import State
from kastellan.model import codec
from kastellan.model.snapshot import Snapshot
from kastellan.sources.kafka.source import KafkaSource
from kastellan.testing.fake_broker import FakeCluster
from kastellan.testing.fake_broker_codec import build, encode
from kastellan.testing.fake_broker_model import FakeGroup, FakeMember, FakeQuota
from kastellan.wire.kafka import schema
from kastellan.wire.kafka.client import Cluster
from kastellan.wire.kafka.endpoint import parse_endpoints
from kastellan.wire.kafka.mutations import grant
from kastellan.wire.kafka.packing import EncodedRequest
from kastellan.wire.kafka.reply import decode_reply

PATIENCE_S = 60.0
PASSWORD = "a-password-that-nobody-may-see"
_NOT_COORDINATOR = frozenset({14, 15, 16})
_CREATE_QUOTA, _ALTER_SCRAM, _ALTER_CONFIGS, _SHARE_BEAT, _STREAMS_BEAT = 49, 51, 44, 76, 88


class Place(Protocol):
    """A cluster in which things can be made."""

    bootstrap: str
    topic: str
    """A topic that exists."""

    async def quota(self, user: str, client: str | None, key: str, value: float) -> None: ...
    async def scram_user(self, user: str, iterations: int) -> None: ...
    async def subscription(self, name: str, configs: Mapping[str, str]) -> None: ...
    async def group_config(self, group: str, key: str, value: str) -> None: ...
    async def share_group(self, group: str) -> None: ...
    async def streams_group(self, group: str) -> None: ...
    async def leave(self) -> None: ...


class FakePlace:
    """The fake: its model is edited."""

    def __init__(self, fake: FakeCluster) -> None:
        self.fake, self.bootstrap, self.topic = fake, fake.bootstrap, "topic-0001"

    async def quota(self, user: str, client: str | None, key: str, value: float) -> None:
        self.fake.model.quotas.append(FakeQuota({"user": user, "client-id": client}, {key: value}))

    async def scram_user(self, user: str, iterations: int) -> None:
        self.fake.model.scram[user, 2] = iterations

    async def subscription(self, name: str, configs: Mapping[str, str]) -> None:
        self.fake.model.client_metrics[name] = dict(configs)

    async def group_config(self, group: str, key: str, value: str) -> None:
        self.fake.model.groups[group] = FakeGroup(group, 2, "consumer", configs={key: value})

    async def share_group(self, group: str) -> None:
        member = FakeMember("s-1", assigned={self.topic: [0, 1]})
        share = {(self.topic, number): (10, 4) for number in (0, 1)}
        self.fake.model.groups[group] = FakeGroup(group, 3, "share", "Stable", "share", [member], share=share)

    async def streams_group(self, group: str) -> None:
        member = FakeMember("k-1", assigned={"0": [0, 1, 2]})
        self.fake.model.groups[group] = FakeGroup(group, 1, "streams", "Stable", "streams", [member], sources={"0": [self.topic]})

    async def leave(self) -> None:
        """Nothing to end."""


class RealPlace:
    """A real Kafka: things are made by the requests that Kafka's own tools send."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self.bootstrap, self.topic = bootstrap, topic
        self._joined: list[tuple[int, dict[str, Any]]] = []

    async def summarize(self, api: int, values: Mapping[str, Any]) -> Any:
        async with Cluster(parse_endpoints(self.bootstrap), permit=grant("the contract of the tables")) as cluster:
            deadline = Deadline.after(PATIENCE_S)
            assert (await cluster.bootstrap(deadline)).value is not None
            while not deadline.passed:
                for node in cluster.nodes:
                    version = schema.versions(api)[1]  # pyright: ignore[reportOptionalSubscript]
                    body = encode(build(schema.request_type(api, version), values))
                    told = await cluster.ask(node, EncodedRequest(api, version, body, flexible=True), deadline)
                    assert told.value is not None, told.reason
                    answer = decode_reply(told.value)
                    if int(getattr(answer, "error_code", 0)) not in _NOT_COORDINATOR:
                        return answer
                await asyncio.sleep(0.2)
        raise AssertionError("no coordinator answered in time")

    async def _made(self, api: int, values: Mapping[str, Any], parts: str) -> None:
        answer = await self.summarize(api, values)
        assert {int(each.error_code) for each in getattr(answer, parts)} == {0}, answer

    async def quota(self, user: str, client: str | None, key: str, value: float) -> None:
        entity = [{"entity_type": "user", "entity_name": user}, {"entity_type": "client-id", "entity_name": client}]
        entry = {"entity": entity, "ops": [{"key": key, "value": value, "remove": False}]}
        await self._made(_CREATE_QUOTA, {"entries": [entry]}, "entries")

    async def scram_user(self, user: str, iterations: int) -> None:
        salted = hashlib.pbkdf2_hmac("sha512", PASSWORD.encode(), b"salt", iterations)
        upsertion = {"name": user, "mechanism": 2, "iterations": iterations, "salt": b"salt", "salted_password": salted}
        await self._made(_ALTER_SCRAM, {"upsertions": [upsertion]}, "results")

    async def subscription(self, name: str, configs: Mapping[str, str]) -> None:
        await self._configs(16, name, configs)

    async def group_config(self, group: str, key: str, value: str) -> None:
        await self._configs(32, group, {key: value})

    async def _configs(self, kind: int, name: str, configs: Mapping[str, str]) -> None:
        changes = [{"name": key, "config_operation": 0, "value": value} for key, value in configs.items()]
        resource = {"resource_type": kind, "resource_name": name, "configs": changes}
        await self._made(_ALTER_CONFIGS, {"resources": [resource]}, "responses")

    async def share_group(self, group: str) -> None:
        await self._join(_SHARE_BEAT, {"group_id": group, "subscribed_topic_names": [self.topic]})

    async def streams_group(self, group: str) -> None:
        part = {"subtopology_id": "0", "source_topics": [self.topic]}
        values = {
            "group_id": group,
            "rebalance_timeout": 60_000,
            "topology": {"epoch": 3, "subtopologies": [part]},
            "active_tasks": [],
            "standby_tasks": [],
            "warmup_tasks": [],
            "process_id": "process",
            "client_tags": [],
            "task_offsets": None,
            "task_end_offsets": None,
        }
        await self._join(_STREAMS_BEAT, values)

    async def _join(self, api: int, values: dict[str, Any]) -> None:
        member = str(uuid.uuid4())
        answer = await self.summarize(api, {**values, "member_id": member, "member_epoch": 0})
        assert int(answer.error_code) == 0, answer
        nothing = dict.fromkeys(values, None)
        self._joined.append((api, {**nothing, "group_id": values["group_id"], "member_id": member, "member_epoch": -1}))

    async def leave(self) -> None:
        """End the memberships that were begun."""
        for api, values in self._joined:
            await self.summarize(api, values)


async def look(place: Place, *tables: str | TableRequest) -> Snapshot:
    """One look at these tables."""
    requests = (TableRequest(table) if isinstance(table, str) else table for table in tables)
    source = KafkaSource(place.bootstrap)
    try:
        return await observe(source, merge_requests(requests), Deadline.after(PATIENCE_S))
    finally:
        await source.close()


async def seen(place: Place, table: str, where: pl.Expr, enough: Callable[[pl.DataFrame], bool] | None = None) -> pl.DataFrame:
    """The matching rows once there are some: brokers learn of a change a moment after it was made."""
    deadline = Deadline.after(PATIENCE_S)
    while True:
        snapshot = await look(place, table)
        rows = snapshot.tables[table].df.filter(where)
        if rows.height and (enough is None or enough(rows)):
            told = {each.id: each.state for each in snapshot.answers}
            assert {told[each] for each in rows["answer"]} <= {State.COMPLETE, State.VISIBLE_ONLY}
            return rows
        assert not deadline.passed, snapshot.answers
        await asyncio.sleep(0.1)


async def a_quota_has_its_entity_in_parts(place: Place) -> None:
    await place.quota("kit-user", None, "producer_byte_rate", 1048576.0)
    rows = await seen(place, "quotas", pl.col("user") == "kit-user")
    assert rows.drop("answer").to_dicts() == [
        {
            "entity": "user=kit-user,client-id=<default>",
            "user": "kit-user",
            "client_id": "<default>",
            "ip": "",
            "quota": "producer_byte_rate",
            "value": 1048576.0,
        }
    ]


async def scram_users_are_told_without_their_secrets(place: Place) -> None:
    await place.scram_user("kit-scram", 4096)
    rows = await seen(place, "scram_users", pl.col("user") == "kit-scram")
    assert rows.drop("answer").rows() == [("kit-scram", "SCRAM-SHA-512", 4096, "")]
    snapshot = await look(place, "scram_users")
    salted = hashlib.pbkdf2_hmac("sha512", PASSWORD.encode(), b"salt", 4096)
    kept = b"".join(_unpacked(codec.dump(snapshot)).values())
    assert salted not in kept
    assert PASSWORD.encode() not in kept


async def a_subscription_to_client_metrics_has_its_configs(place: Place) -> None:
    configs = {"interval.ms": "5000", "metrics": "org.apache.kafka.consumer.", "match": "client_software_name=apache-kafka-java"}
    await place.subscription("kit-metrics", configs)
    rows = await seen(place, "client_metrics", pl.col("subscription") == "kit-metrics")
    assert rows.drop("answer").rows() == [("kit-metrics", 5000, configs["metrics"], configs["match"])]


async def a_group_with_configs_of_its_own_is_listed(place: Place) -> None:
    await place.group_config("kit-configured", "consumer.session.timeout.ms", "50000")
    rows = await seen(place, "group_configs", pl.col("group") == "kit-configured")
    own = rows.filter(pl.col("config") == "consumer.session.timeout.ms")
    assert own.select("value", "source").rows() == [("50000", "group")]


async def every_broker_tells_its_log_levels(place: Place) -> None:
    rows = (await look(place, "broker_loggers")).tables["broker_loggers"].df
    assert set(rows.filter(pl.col("logger") == "root")["broker"]) == {1, 2, 3}
    assert set(rows.filter(pl.col("logger") == "root")["level"]) == {"INFO"}


async def a_share_group_has_offsets_and_members_that_subscribe(place: Place) -> None:
    try:
        await place.share_group("kit-share")
        mine = pl.col("group") == "kit-share"
        offsets = await seen(place, "share_offsets", mine & pl.col("start_offset").is_not_null())
        assert set(offsets["topic"]) == {place.topic}
        assert offsets.filter(pl.col("error") != "").height == 0
        assert offsets["start_offset"].null_count() == 0
        (member,) = (await seen(place, "members", mine)).to_dicts()
        assert (member["subscribed"], member["protocol"], member["instance_id"]) == (place.topic, "share", "")
        assert member["epoch"] >= 1
        (group,) = (await seen(place, "groups", mine)).to_dicts()
        assert (group["type"], group["assignor"]) == ("share", "simple")
        assert group["epoch"] >= 1
    finally:
        await place.leave()


async def a_streams_group_has_tasks_and_topics(place: Place) -> None:
    try:
        await place.streams_group("kit-streams")
        mine = pl.col("group") == "kit-streams"
        topics = await seen(place, "stream_topics", mine)
        assert topics.drop("answer").rows() == [("kit-streams", "0", place.topic, "source")]
        (group,) = (await seen(place, "groups", mine)).to_dicts()
        assert (group["type"], group["topology_epoch"]) == ("streams", 3)
        (member,) = (await seen(place, "members", mine)).to_dicts()
        assert (member["subscribed"], member["protocol"], member["topology_epoch"]) == (place.topic, "streams", 3)
        assert member["process_id"]
        snapshot = await look(place, "members", "stream_tasks", "assignments")
        tasks = snapshot.tables["stream_tasks"].df.filter(mine)
        owned = snapshot.tables["assignments"].df.filter(mine)
        (member,) = snapshot.tables["members"].df.filter(mine).to_dicts()
        # A member has its tasks once it has acknowledged them; what it reads is told by them.
        assert tasks.filter(pl.col("role") == "active").height == owned.height == member["assigned"]
        assert set(owned["topic"]) <= {place.topic}
    finally:
        await place.leave()


async def producers_are_asked_of_named_topics_only(place: Place) -> None:
    everything = await look(place, "producers")
    assert everything.tables["producers"].df.height == 0
    assert "DescribeProducers" not in everything.cost.by_request
    named = await look(place, TableRequest("producers", members=frozenset({place.topic})), "partitions")
    assert set(named.tables["producers"].df["topic"]) <= {place.topic}
    # Leaders are asked; after an election not every broker leads one of the topic's partitions.
    leaders = named.tables["partitions"].df.filter(pl.col("topic") == place.topic)["leader"]
    assert named.cost.by_request["DescribeProducers"] == leaders.n_unique() >= 1


async def all_configs_of_brokers_are_told_when_all_are_wanted(place: Place) -> None:
    few_keys = TableRequest("broker_configs", frozenset({"retention.ms", "no.such.key"}))
    few = (await look(place, few_keys)).tables["broker_configs"].df
    assert few.height == 6
    every = (await look(place, TableRequest("broker_configs", frozenset({ALL, "no.such.key"})))).tables["broker_configs"].df
    assert every.height > few.height
    absent = every.filter(pl.col("config") == "no.such.key")
    assert absent.select("broker", "value", "source", "seen", "sensitive").rows() == [
        (node, None, None, True, None) for node in (1, 2, 3)
    ]
    assert every.filter(pl.col("sensitive"))["value"].null_count() == every.filter(pl.col("sensitive")).height
    assert not every.select("broker", "config").is_duplicated().any()


async def every_config_of_a_named_topic_is_told(place: Place) -> None:
    of_topic = TableRequest("topic_configs", frozenset({ALL}), frozenset({place.topic}))
    rows = (await look(place, of_topic)).tables["topic_configs"].df
    assert set(rows["topic"]) == {place.topic}
    assert {"cleanup.policy", "min.insync.replicas", "retention.ms"} <= set(rows["config"])
    both = await look(place, of_topic, TableRequest("topic_configs", frozenset({"retention.ms"})))
    others = both.tables["topic_configs"].df.filter(pl.col("topic") != place.topic)
    assert set(others["config"]) == {"retention.ms"}


async def tokens_are_told_or_it_is_said_why_not(place: Place) -> None:
    snapshot = await look(place, "delegation_tokens")
    (answer,) = [each for each in snapshot.answers if each.request == "DescribeDelegationToken"]
    table = snapshot.tables["delegation_tokens"]
    if answer.state is State.UNSUPPORTED:
        assert "prove who asks" in answer.reason
        assert {each.answer for each in table.unseen} == {answer.id}
    else:
        assert answer.state in {State.COMPLETE, State.VISIBLE_ONLY}
        assert not table.unseen
    assert b"never to be seen" not in b"".join(_unpacked(codec.dump(snapshot)).values())


def _unpacked(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


BEHAVIOURS = [
    a_quota_has_its_entity_in_parts,
    scram_users_are_told_without_their_secrets,
    a_subscription_to_client_metrics_has_its_configs,
    a_group_with_configs_of_its_own_is_listed,
    every_broker_tells_its_log_levels,
    a_share_group_has_offsets_and_members_that_subscribe,
    a_streams_group_has_tasks_and_topics,
    producers_are_asked_of_named_topics_only,
    all_configs_of_brokers_are_told_when_all_are_wanted,
    every_config_of_a_named_topic_is_told,
    tokens_are_told_or_it_is_said_why_not,
]
