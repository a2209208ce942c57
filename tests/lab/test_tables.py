"""A real Kafka keeps the contract of the tables that the fake keeps, and its members tell what they subscribe to."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kastellan import lab as labs
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.outcome import State
from kastellan.model.snapshot import Snapshot
from kastellan.wire.kafka import mutations as m
from kastellan.wire.kafka import requests as q
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.client import Cluster
from kastellan.wire.kafka.endpoint import parse_endpoints
from kastellan.wire.kafka.mutations import grant
from kastellan.wire.kafka.reply import decode_reply
from kastellan.wire.kafka.requests import RequestSpec
from tests.contract.sources.tables_kit import BEHAVIOURS, RealPlace, look
from tests.lab.conftest import Eventually


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda each: each.__name__)
def test_real(loaded_lab: labs.Lab, behaviour) -> None:
    asyncio.run(behaviour(RealPlace(loaded_lab.bootstrap, "events")))


def test_members_of_both_protocols_tell_what_they_subscribe_to(loaded_lab: labs.Lab, eventually: Eventually) -> None:
    seen: list[Snapshot] = []

    def stable() -> bool:
        """While a classic group rebalances, the coordinator does not tell what its members subscribe to."""
        seen[:] = [asyncio.run(look(RealPlace(loaded_lab.bootstrap, "events"), "members", "groups"))]
        told = seen[0].tables["groups"].df.filter(pl.col("group").is_in(["billing", "shipping"]))
        return set(told["state"]) == {"Stable"}

    eventually(stable, "that both groups are stable")
    (snapshot,) = seen
    members = snapshot.tables["members"].df
    for group, protocol, count in (("billing", "classic", 3), ("shipping", "consumer", 2)):
        rows = members.filter(pl.col("group") == group)
        assert rows.select("subscribed", "protocol").rows() == [("orders", protocol)] * count
    groups = snapshot.tables["groups"].df
    assert groups.filter(pl.col("group") == "shipping")["epoch"].item() >= 1
    assert groups.filter(pl.col("group") == "billing")["assignor"].item() == "cooperative-sticky"


def test_a_lab_without_an_authorizer_has_no_acls(loaded_lab: labs.Lab) -> None:
    snapshot = asyncio.run(look(RealPlace(loaded_lab.bootstrap, "events"), "acls"))
    assert snapshot.tables["acls"].df.height == 0
    assert not snapshot.tables["acls"].unseen
    (answer,) = [each for each in snapshot.answers if each.request == "DescribeAcls"]
    assert (answer.state, "no authorizer" in answer.reason) == (State.UNSUPPORTED, True)


TIMED, READERS, STEP_MS, BATCHES, A_BATCH = "timed-kit", "timed-readers", 15_000, 40, 10


async def _timed_topic(bootstrap: str, first_ms: int, committed: dict[int, int]) -> None:
    """A topic of two partitions whose record at offset N was written at `first_ms` + N // A_BATCH * STEP_MS; and commits."""
    async with Cluster(parse_endpoints(bootstrap), permit=grant("known times")) as cluster:
        deadline = Deadline.after(60)
        assert (await cluster.bootstrap(deadline)).value is not None

        async def told(node: int, request: RequestSpec) -> Any:
            answer = await cluster.ask(node, request, deadline)
            assert answer.value is not None, answer.reason
            return decode_reply(answer.value)

        topic = m.NewTopic(TIMED, 2, 3, {"retention.ms": "-1"})
        await told(1, RequestSpec(Api.CREATE_TOPICS, lambda v: m.create_topics(v, [topic])))
        for partition in (0, 1):
            for number in range(BATCHES):
                batch = m.record_batch([b"x"] * A_BATCH, first_ms + number * STEP_MS)
                ask = RequestSpec(Api.PRODUCE, lambda v, p=partition, b=batch: m.produce(v, {TIMED: {p: b}}), lowest=9)
                while await _code_of_produce(cluster, partition, ask, deadline):
                    assert not deadline.passed
                    await asyncio.sleep(0.1)
        commits = [m.Commit(TIMED, partition, offset) for partition, offset in committed.items()]
        while not deadline.passed:
            for node in cluster.nodes:
                answer = await told(
                    node, RequestSpec(Api.OFFSET_COMMIT, lambda v: m.offset_commit(v, READERS, commits), lowest=2)
                )
                if {int(each.error_code) for topic in answer.topics for each in topic.partitions} == {0}:
                    return
            await asyncio.sleep(0.2)
        raise AssertionError("no coordinator took the commits")


async def _code_of_produce(cluster: Cluster, partition: int, ask: RequestSpec, deadline: Deadline) -> int:
    """0 once the partition's leader took the batch."""
    whole = await cluster.ask(1, RequestSpec(Api.METADATA, lambda v: q.metadata(v, [TIMED]), lowest=4), deadline)
    assert whole.value is not None, whole.reason
    (topic,) = decode_reply(whole.value).topics
    leader = next((each.leader_id for each in topic.partitions if each.partition_index == partition), -1)
    if leader < 0:
        return 5
    answer = await cluster.ask(leader, ask, deadline)
    assert answer.value is not None, answer.reason
    (part,) = decode_reply(answer.value).responses[0].partition_responses
    return int(part.error_code)


def test_the_age_of_unread_records_is_true_to_their_known_timestamps(loaded_lab: labs.Lab) -> None:
    first_ms = time.time_ns() // 1_000_000 - BATCHES * STEP_MS
    committed = {0: 123, 1: BATCHES * A_BATCH}
    asyncio.run(_timed_topic(loaded_lab.bootstrap, first_ms, committed))
    command = [Path(sys.executable).with_name("kastellan"), "lag", READERS, "--seconds", "-o", "json", "--timeout", "30"]
    before_ms = time.time_ns() // 1_000_000
    done = subprocess.run(
        [*map(str, command), "--bootstrap-server", loaded_lab.bootstrap], capture_output=True, text=True, timeout=120, check=True
    )
    after_ms = time.time_ns() // 1_000_000
    rows = {row["partition"]: row for row in json.loads(done.stdout)["rows"]}
    truth_ms = first_ms + committed[0] // A_BATCH * STEP_MS
    assert abs(rows[0]["written_ms"] - truth_ms) <= rows[0]["error_ms"] + 1
    assert rows[0]["error_ms"] <= 0.01 * BATCHES * STEP_MS
    assert (
        (before_ms - truth_ms) / 1000 - rows[0]["error_s"] - 1
        <= rows[0]["lag_s"]
        <= (after_ms - truth_ms) / 1000 + rows[0]["error_s"] + 1
    )
    assert (rows[0]["lag_state"], rows[0]["lag_records"]) == ("unknown", BATCHES * A_BATCH - 123)
    assert rows[0]["stable_lag_records"] == rows[0]["lag_records"]
    assert (rows[1]["lag_state"], rows[1]["lag_s"], rows[1]["lag_records"]) == ("ok", None, 0)
