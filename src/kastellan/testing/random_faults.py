"""Snapshots of clusters in trouble, drawn at random: troubles that can be, told by every table that would show them.

>>> sick = sicken(healthy(), random.Random(1))
>>> sick.cluster_id
'test-cluster'
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import polars as pl

from kastellan.model.snapshot import Snapshot
from kastellan.model.table import Table
from kastellan.model.tables.api_versions import ApiVersions
from kastellan.model.tables.assignments import Assignments
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.broker_features import BrokerFeatures
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.commits import Commits
from kastellan.model.tables.features import Features
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.last_stable_offsets import LastStableOffsets
from kastellan.model.tables.log_dirs import LogDirs
from kastellan.model.tables.members import Members
from kastellan.model.tables.offsets import Offsets
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.quorum import Quorum
from kastellan.model.tables.quorum_nodes import QuorumNodes
from kastellan.model.tables.reassignments import Reassignments
from kastellan.model.tables.replica_sizes import ReplicaSizes
from kastellan.model.tables.replicas import Replicas
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.model.tables.topics import Topics
from kastellan.model.tables.transaction_partitions import TransactionPartitions
from kastellan.model.tables.transactions import Transactions
from kastellan.testing.snapshots import GIB, add, drop, edit, healthy, rebuilt

Trouble = Callable[[Snapshot, random.Random], Snapshot]
_LOOKS_BACK_S = (60, 700, 1_300)


def sick_cluster(rng: random.Random) -> Snapshot:
    """A cluster of random size in random trouble, sometimes with earlier looks at other trouble."""
    combined = rng.random() < 0.3  # noqa: PLR2004
    snapshot = healthy(
        brokers=rng.choice((1, 3, 4)),
        topics={"orders": rng.choice((1, 4, 30)), "payments": 2, "__consumer_offsets": 3},
        groups={"billing": "orders", "audit": "payments"},
        rf=rng.choice((1, 2, 3)),
        controllers=rng.choice(((1,), (1, 2, 3))) if combined else rng.choice(((101,), (101, 102), (101, 102, 103))),
    )
    earlier = [_backdate(sicken(snapshot, rng), back_s) for back_s in _LOOKS_BACK_S if rng.random() < 0.5]  # noqa: PLR2004
    return sicken(snapshot, rng).after(*earlier)


def sicken(snapshot: Snapshot, rng: random.Random, most: int = 4) -> Snapshot:
    """The snapshot with one to `most` troubles."""
    for _ in range(rng.randint(1, most)):
        snapshot = rng.choice(_TROUBLES)(snapshot, rng)
    return snapshot


def _backdate(snapshot: Snapshot, back_s: float) -> Snapshot:
    return Snapshot(
        at_ms=snapshot.at_ms - round(back_s * 1000),
        cluster_id=snapshot.cluster_id,
        answers=snapshot.answers,
        tables=snapshot.tables,
    )


def _row(snapshot: Snapshot, kind: type[Table], rng: random.Random) -> dict[str, Any]:
    return rng.choice(snapshot.tables[kind.name].df.to_dicts())


def _key(row: dict[str, Any], *columns: str) -> dict[str, Any]:
    return {name: row[name] for name in columns}


def _broker_dead(snapshot: Snapshot, rng: random.Random) -> Snapshot:
    gone = _row(snapshot, Brokers, rng)["broker"]
    state = rng.choice(({"fenced": True}, {"fenced": None}))
    snapshot = edit(
        snapshot, Brokers, {"broker": gone}, listed=False, reached=False, trouble="refused", reason="nothing listens", **state
    )
    snapshot = edit(snapshot, Replicas, {"broker": gone}, in_sync=False, offline=True)
    replicas = snapshot.tables[Replicas.name].df
    heirs = replicas.filter("in_sync").group_by("topic", "partition").agg(heir=pl.col("broker").min())
    partitions = snapshot.tables[Partitions.name]
    led = (
        partitions.df.join(heirs, on=["topic", "partition"], how="left", maintain_order="left")
        .with_columns(leader=pl.when(pl.col("leader") == gone).then(pl.col("heir").fill_null(-1)).otherwise(pl.col("leader")))
        .drop("heir")
    )
    return snapshot.with_table(rebuilt(Partitions, led, partitions.unseen))


def _broker_out_of_reach(snapshot: Snapshot, rng: random.Random) -> Snapshot:
    return edit(snapshot, Brokers, _key(_row(snapshot, Brokers, rng), "broker"), reached=False, trouble="silent")


def _follower_behind(snapshot: Snapshot, rng: random.Random) -> Snapshot:
    return edit(snapshot, Replicas, _key(_row(snapshot, Replicas, rng), "topic", "partition", "broker"), in_sync=False)


def _leader_moved(snapshot: Snapshot, rng: random.Random) -> Snapshot:
    return edit(snapshot, Partitions, {"topic": "orders"}, leader=_row(snapshot, Brokers, rng)["broker"])


def _no_leader(snapshot: Snapshot, rng: random.Random) -> Snapshot:
    where = _key(_row(snapshot, Partitions, rng), "topic", "partition")
    return edit(edit(snapshot, Partitions, where, leader=-1, error="LEADER_NOT_AVAILABLE"), Replicas, where, offline=True)


def _single_copy(snapshot: Snapshot, rng: random.Random) -> Snapshot:
    row = _row(snapshot, Replicas, rng)
    for position in (1, 2):
        snapshot = drop(snapshot, Replicas, {**_key(row, "topic", "partition"), "position": position})
    return snapshot


def _other_minimum(snapshot: Snapshot, rng: random.Random) -> Snapshot:
    where = {"topic": rng.choice(("orders", "payments")), "config": "min.insync.replicas"}
    return edit(snapshot, TopicConfigs, where, value=rng.choice(("1", "3", "4")))


def _start_reassignment(snapshot: Snapshot, rng: random.Random) -> Snapshot:
    row = _row(snapshot, Replicas, rng)
    move = _key(row, "topic", "partition", "broker")
    if (
        snapshot.tables[Reassignments.name]
        .df.join(pl.DataFrame([move], schema_overrides={"partition": pl.Int32, "broker": pl.Int32}), on=list(move))
        .height
    ):
        return snapshot
    adding = rng.random() < 0.5  # noqa: PLR2004
    snapshot = add(snapshot, Reassignments, {**move, "adding": adding})
    return edit(snapshot, Replicas, move, in_sync=False) if adding else snapshot


def _racks(snapshot: Snapshot, rng: random.Random) -> Snapshot:
    for row in snapshot.tables[Brokers.name].df.to_dicts():
        snapshot = edit(snapshot, Brokers, _key(row, "broker"), rack=rng.choice(("a", "a", "b", "")))
    return snapshot


def _leaderless_quorum(snapshot: Snapshot, rng: random.Random) -> Snapshot:
    """The quorum has no leader, and at times no epoch either."""
    return edit(snapshot, Quorum, {}, leader=-1, leader_epoch=rng.choice((5, None)))


def _voter_behind(snapshot: Snapshot, rng: random.Random) -> Snapshot:
    stamp = rng.choice((-1, snapshot.at_ms - 60_000))
    return edit(
        snapshot, QuorumNodes, _key(_row(snapshot, QuorumNodes, rng), "node"), last_caught_up_ms=stamp, last_fetch_ms=stamp
    )


def _directory_trouble(snapshot: Snapshot, rng: random.Random) -> Snapshot:
    where = _key(_row(snapshot, LogDirs, rng), "broker", "path")
    if rng.random() < 0.5:  # noqa: PLR2004
        return edit(snapshot, LogDirs, where, usable_bytes=1)
    return edit(snapshot, LogDirs, where, online=False, error="KAFKA_STORAGE_ERROR")


def _group_left(snapshot: Snapshot, rng: random.Random) -> Snapshot:
    group = _key(_row(snapshot, Groups, rng), "group")
    return drop(edit(snapshot, Groups, group, state="Empty", members=0), Members, group)


def _group_behind(snapshot: Snapshot, rng: random.Random) -> Snapshot:
    where = _key(_row(snapshot, Commits, rng), "group", "topic", "partition")
    return edit(snapshot, Commits, where, committed=rng.choice((0, 10, 999, 2000)))


def _records_deleted(snapshot: Snapshot, rng: random.Random) -> Snapshot:
    return edit(snapshot, Offsets, _key(_row(snapshot, Offsets, rng), "topic", "partition"), earliest=500)


def _transaction_open(snapshot: Snapshot, rng: random.Random) -> Snapshot:
    number = snapshot.tables[Transactions.name].df.height
    name = f"payer-{number}"
    began = snapshot.at_ms - rng.choice((1_000, 600_000))
    snapshot = add(
        snapshot,
        Transactions,
        {
            "transactional_id": name,
            "coordinator": 1,
            "producer_id": number,
            "producer_epoch": 0,
            "state": "Ongoing",
            "start_ms": began,
            "timeout_ms": 900_000,
        },
    )
    touched = {"transactional_id": name, "topic": "orders", "partition": 0, "start_offset": 900, "last_append_ms": began}
    where = {"topic": "orders", "partition": 0}
    return edit(add(snapshot, TransactionPartitions, touched), LastStableOffsets, where, last_stable=900)


def _configs_differ(snapshot: Snapshot, rng: random.Random) -> Snapshot:
    return edit(snapshot, BrokerConfigs, _key(_row(snapshot, BrokerConfigs, rng), "broker", "config"), value="7", source="static")


def _another_release(snapshot: Snapshot, rng: random.Random) -> Snapshot:
    return edit(
        snapshot, BrokerFeatures, _key(_row(snapshot, BrokerFeatures, rng), "broker"), supported_max=rng.choice((7, 21, 26, 99))
    )


def _second_directory(snapshot: Snapshot, rng: random.Random) -> Snapshot:
    """A broker has a second directory, into which a replica may be on its way."""
    there = {**_key(_row(snapshot, Brokers, rng), "broker"), "path": "/data2"}
    if snapshot.tables[LogDirs.name].df.filter(pl.col("path") == "/data2").height:
        return snapshot
    room = {"online": True, "total_bytes": 100 * GIB, "usable_bytes": rng.choice((5, 50, 79)) * GIB}
    snapshot = add(snapshot, LogDirs, {**there, **room})
    if rng.random() < 0.5:  # noqa: PLR2004
        return snapshot
    moved = _key(_row(snapshot, Partitions, rng), "topic", "partition")
    return add(snapshot, ReplicaSizes, {**there, **moved, "future": True, "size_bytes": 4096, "offset_lag_records": 100})


def _large_replica(snapshot: Snapshot, rng: random.Random) -> Snapshot:
    where = _key(_row(snapshot, ReplicaSizes, rng), "broker", "topic", "partition")
    return edit(snapshot, ReplicaSizes, where, size_bytes=40 * GIB)


def _other_release(snapshot: Snapshot, rng: random.Random) -> Snapshot:
    return edit(snapshot, ApiVersions, _key(_row(snapshot, ApiVersions, rng), "broker"), max_version=12)


def _features_left_behind(snapshot: Snapshot, rng: random.Random) -> Snapshot:
    """An upgrade was not ended; or the cluster has features that others do not have."""
    snapshot = edit(snapshot, Features, {"feature": "metadata.version"}, finalized_level=rng.choice((21, 30)))
    name = rng.choice(("kraft.version", "group.version", "eligible.leader.replicas.version"))
    if snapshot.tables[Features.name].df.filter(pl.col("feature") == name).height:
        return snapshot
    level = {"feature": name, "finalized_level": rng.choice((0, 1)), "supported_min": 0, "supported_max": 1}
    return add(snapshot, Features, level)


def _address_wrong(snapshot: Snapshot, rng: random.Random) -> Snapshot:
    """The brokers are on machines of their own; one advertises loopback, the address of another, or a name."""
    for row in snapshot.tables[Brokers.name].df.to_dicts():
        snapshot = edit(snapshot, Brokers, _key(row, "broker"), host=f"10.0.0.{row['broker']}", port=9092)
    where = _key(_row(snapshot, Brokers, rng), "broker")
    return edit(snapshot, Brokers, where, host=rng.choice(("localhost", "10.0.0.1", "b1.internal")))


def _group_rebalances(snapshot: Snapshot, rng: random.Random) -> Snapshot:
    state = rng.choice(("PreparingRebalance", "Reconciling"))
    return edit(snapshot, Groups, _key(_row(snapshot, Groups, rng), "group"), state=state)


def _member_differs(snapshot: Snapshot, rng: random.Random) -> Snapshot:
    """A member is static, has other topics, or owns nothing."""
    if not snapshot.tables[Members.name].df.height:
        return snapshot
    other: dict[str, Any] = rng.choice(
        ({"instance_id": "pod-1"}, {"instance_id": "pod-1", "epoch": -2}, {"subscribed": "payments"}, {"assigned": 0})
    )
    return edit(snapshot, Members, _key(_row(snapshot, Members, rng), "group", "member"), **other)


def _nobody_owns(snapshot: Snapshot, rng: random.Random) -> Snapshot:
    if not snapshot.tables[Assignments.name].df.height:
        return snapshot
    return drop(snapshot, Assignments, _key(_row(snapshot, Assignments, rng), "group", "topic", "partition"))


def _topic_empty(snapshot: Snapshot, rng: random.Random) -> Snapshot:
    where = _key(_row(snapshot, Topics, rng), "topic")
    snapshot = edit(snapshot, Offsets, where, earliest=1000 * rng.choice((0, 1)), latest=1000)
    return edit(snapshot, Offsets, where, earliest=0, latest=0) if rng.random() < 0.5 else snapshot  # noqa: PLR2004


_TROUBLES: tuple[Trouble, ...] = (
    _another_release,
    _broker_dead,
    _broker_out_of_reach,
    _follower_behind,
    _leader_moved,
    _no_leader,
    _single_copy,
    _other_minimum,
    _start_reassignment,
    _racks,
    _leaderless_quorum,
    _voter_behind,
    _directory_trouble,
    _group_left,
    _group_behind,
    _records_deleted,
    _transaction_open,
    _configs_differ,
    _second_directory,
    _large_replica,
    _other_release,
    _features_left_behind,
    _address_wrong,
    _group_rebalances,
    _member_differs,
    _nobody_owns,
    _topic_empty,
)
