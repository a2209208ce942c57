"""The fake broker's answers about groups, and the few changes that tests make over the wire."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID, uuid5

from kastellan.testing.fake_broker_answers import HANDLERS, Call, answers
from kastellan.testing.fake_broker_codec import Values
from kastellan.testing.fake_broker_model import FakeGroup, FakeMember, FakePartition, FakeTopic
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.schema import Entity

__all__ = ["HANDLERS", "packed_assignment", "packed_subscription"]

_NOT_COORDINATOR: Final = 16
_GROUP_ID_NOT_FOUND: Final = 69
_TOPIC_EXISTS: Final = 36
_UNKNOWN_TOPIC: Final = 3
_MULTI_GROUP: Final = 8
_MANY_KEYS: Final = 4
_TRANSACTION: Final = 1
_NAMESPACE: Final = UUID(int=11)


@answers(Api.LIST_GROUPS)
def list_groups(call: Call) -> Values:
    """The groups of the answering coordinator, filtered by state and type."""
    states = {state.lower() for state in getattr(call.request, "states_filter", ())}
    types = {kind.lower() for kind in getattr(call.request, "types_filter", ())}
    groups = [
        {"group_id": group.id, "protocol_type": group.protocol_type, "group_state": group.state, "group_type": group.type}
        for group in call.model.groups.values()
        if call.node in {group.coordinator, group.claimed_by}
        and (not states or group.state.lower() in states)
        and (not types or group.type in types)
    ]
    return {"error_code": call.code(None, 0), "groups": groups}


@answers(Api.DESCRIBE_GROUPS)
def describe_groups(call: Call) -> Values:
    """Classic groups with their members; another group of the coordinator is dead to this request."""
    groups: list[Values] = []
    for name in call.request.groups:
        group, error = _group(call, name, {"classic"})
        members = [] if group is None else [_classic_member(member) for member in group.members]
        state, kind = ("Dead", "") if group is None else (group.state, group.protocol_type)
        groups.append(
            {
                "error_code": call.code(name, error if error == _NOT_COORDINATOR or call.version >= 6 else 0),  # noqa: PLR2004
                "group_id": name,
                "group_state": state,
                "protocol_type": kind,
                "protocol_data": "range" if members else "",
                "members": members,
                "authorized_operations": -(1 << 31),
            }
        )
    return {"groups": groups}


def _classic_member(member: FakeMember) -> Values:
    return {
        "member_id": member.id,
        "group_instance_id": member.instance_id,
        "client_id": member.client_id,
        "client_host": member.host,
        "member_metadata": packed_subscription(_topics_of(member)),
        "member_assignment": packed_assignment(member.assigned),
    }


def _topics_of(member: FakeMember) -> list[str]:
    return list(member.assigned) if member.subscribed is None else member.subscribed


def packed_assignment(assigned: Mapping[str, Sequence[int]]) -> bytes:
    """The bytes that a classic consumer's leader hands to a member."""
    parts = [struct.pack(">hi", 0, len(assigned))]
    for topic, numbers in assigned.items():
        name = topic.encode()
        parts += (struct.pack(">h", len(name)), name, struct.pack(f">i{len(numbers)}i", len(numbers), *numbers))
    return b"".join(parts) + struct.pack(">i", -1)


def packed_subscription(topics: Sequence[str]) -> bytes:
    """The bytes with which a classic consumer joins."""
    names = b"".join(struct.pack(">h", len(name)) + name for name in (topic.encode() for topic in topics))
    return struct.pack(">hi", 0, len(topics)) + names + struct.pack(">i", -1)


@answers(Api.CONSUMER_GROUP_DESCRIBE)
def consumer_group_describe(call: Call) -> Values:
    """Groups of the new consumer protocol."""
    return _describe_groups(call, "consumer", "uniform")


@answers(Api.SHARE_GROUP_DESCRIBE)
def share_group_describe(call: Call) -> Values:
    """Share groups."""
    return _describe_groups(call, "share", "simple")


@answers(Api.STREAMS_GROUP_DESCRIBE)
def streams_group_describe(call: Call) -> Values:
    """Streams groups with their topology; a member's tasks are active ones."""
    groups: list[Values] = []
    for name in call.request.group_ids:
        group, error = _group(call, name, {"streams"})
        members = [] if group is None else [_streams_member(member) for member in group.members]
        parts = [] if group is None else [{"subtopology_id": at, "source_topics": of} for at, of in group.sources.items()]
        topology = {"epoch": 3, "subtopologies": parts} if parts else None
        groups.append(_described_group(call, name, group, error) | {"members": members, "topology": topology})
    return {"groups": groups}


def _streams_member(member: FakeMember) -> Values:
    tasks = {"active_tasks": [{"subtopology_id": at, "partitions": numbers} for at, numbers in member.assigned.items()]}
    return {
        "member_id": member.id,
        "member_epoch": member.epoch,
        "instance_id": member.instance_id,
        "client_id": member.client_id,
        "client_host": member.host,
        "topology_epoch": 3,
        "process_id": f"process of {member.id}",
        "assignment": tasks,
        "target_assignment": tasks,
    }


@answers(Api.DESCRIBE_SHARE_GROUP_OFFSETS)
def describe_share_group_offsets(call: Call) -> Values:
    """Start offsets of share groups in all their partitions."""
    groups: list[Values] = []
    for wanted in call.request.groups:
        group, error = _group(call, wanted.group_id, {"share"})
        error = call.code(wanted.group_id, error)
        topics: dict[str, list[Values]] = {}
        for (topic, number), (start, lag) in ({} if group is None or error else group.share).items():
            text = {"partition_index": number, "start_offset": start, "leader_epoch": 3, "lag": lag}
            topics.setdefault(topic, []).append(text | {"error_code": call.code((topic, number), 0)})
        listed = [
            {"topic_name": topic, "topic_id": call.model.topics[topic].id, "partitions": parts} for topic, parts in topics.items()
        ]
        groups.append({"group_id": wanted.group_id, "topics": listed, "error_code": error})
    return {"groups": groups}


def _describe_groups(call: Call, kind: str, assignor: str) -> Values:
    groups: list[Values] = []
    for name in call.request.group_ids:
        group, error = _group(call, name, {kind})
        members = [] if group is None else [_member(call, member) for member in group.members]
        groups.append(_described_group(call, name, group, error) | {"assignor_name": assignor, "members": members})
    return {"groups": groups}


def _described_group(call: Call, name: str, group: FakeGroup | None, error: int) -> dict[str, object]:
    return {
        "error_code": call.code(name, error),
        "group_id": name,
        "group_state": "" if group is None else group.state,
        "group_epoch": 0 if group is None else group.epoch,
        "assignment_epoch": 0 if group is None else group.epoch,
        "authorized_operations": -(1 << 31),
    }


def _member(call: Call, member: FakeMember) -> Values:
    assigned = [
        {"topic_id": call.model.topics[topic].id, "topic_name": topic, "partitions": numbers}
        for topic, numbers in member.assigned.items()
    ]
    return {
        "member_id": member.id,
        "instance_id": member.instance_id,
        "member_epoch": member.epoch,
        "rack_id": member.rack,
        "client_id": member.client_id,
        "client_host": member.host,
        "subscribed_topic_names": _topics_of(member),
        "assignment": {"topic_partitions": assigned},
        "target_assignment": {"topic_partitions": assigned},
        "member_type": member.member_type,
    }


def _group(call: Call, name: str, kinds: set[str]) -> tuple[FakeGroup | None, int]:
    group = call.model.groups.get(name)
    if group is not None and call.node not in {group.coordinator, group.claimed_by}:
        return None, _NOT_COORDINATOR
    if group is None or group.type not in kinds:
        return None, _GROUP_ID_NOT_FOUND
    return group, 0


@answers(Api.OFFSET_FETCH)
def offset_fetch(call: Call) -> Values:
    """Commits of one group, or of many from version 8 on; null topics mean all topics."""
    if call.version < _MULTI_GROUP:
        return _fetch_commits(call, call.request.group_id, call.request.topics)
    return {"groups": [_fetch_commits(call, group.group_id, group.topics) for group in call.request.groups]}


def _fetch_commits(call: Call, name: str, wanted: Sequence[Entity] | None) -> Values:
    group = call.model.groups.get(name)
    error = _NOT_COORDINATOR if group is not None and call.node not in {group.coordinator, group.claimed_by} else 0
    error = call.code(name, error)
    topics: list[Values] = []
    if not error:
        commits = group.commits if group is not None else {}
        numbers_by_topic = (
            _committed_topics(commits) if wanted is None else {topic.name: topic.partition_indexes for topic in wanted}
        )
        topics = [
            {"name": topic, "partitions": [_commit(call, commits, topic, number) for number in numbers]}
            for topic, numbers in numbers_by_topic.items()
        ]
    return {"group_id": name, "topics": topics, "error_code": error}


def _committed_topics(commits: Mapping[tuple[str, int], int]) -> dict[str, list[int]]:
    report: dict[str, list[int]] = {}
    for topic, number in commits:
        report.setdefault(topic, []).append(number)
    return report


def _commit(call: Call, commits: Mapping[tuple[str, int], int], topic: str, number: int) -> Values:
    return {
        "partition_index": number,
        "committed_offset": commits.get((topic, number), -1),
        "committed_leader_epoch": -1,
        "metadata": "",
        "error_code": call.code((topic, number), 0),
    }


@answers(Api.FIND_COORDINATOR)
def find_coordinator(call: Call) -> Values:
    """The coordinator of each group or transaction; an unknown one belongs to the first broker."""
    keys = call.request.coordinator_keys if call.version >= _MANY_KEYS else [call.request.key]
    report: list[dict[str, object]] = []
    for key in keys:
        there = (call.model.transactions if call.request.key_type == _TRANSACTION else call.model.groups).get(key)
        node = min(call.model.nodes)
        if there is not None:
            node = call.node if call.node == there.claimed_by else there.coordinator
        host, port = call.address(node)
        report.append({"key": key, "node_id": node, "host": host, "port": port, "error_code": call.code(key, 0)})
    return {"coordinators": report} | (report[0] if report else {})


@answers(Api.OFFSET_COMMIT)
def offset_commit(call: Call) -> Values:
    """Store the commits; an unknown group is created."""
    request = call.request
    group = call.model.groups.setdefault(request.group_id, FakeGroup(request.group_id, call.node))
    for topic in request.topics:
        for partition in topic.partitions:
            group.commits[topic.name, int(partition.partition_index)] = int(partition.committed_offset)
    call.model.forget_answers()
    results = [
        {"name": topic.name, "partitions": [{"partition_index": partition.partition_index} for partition in topic.partitions]}
        for topic in request.topics
    ]
    return {"topics": results}


@answers(Api.CREATE_TOPICS)
def create_topics(call: Call) -> Values:
    """Create topics with the replicas placed in turn."""
    nodes = sorted(call.model.nodes)
    results: list[Values] = []
    for wanted in call.request.topics:
        if wanted.name in call.model.topics:
            results.append({"name": wanted.name, "error_code": _TOPIC_EXISTS, "num_partitions": -1, "replication_factor": -1})
            continue
        factor = max(1, int(wanted.replication_factor))
        partitions: list[FakePartition] = []
        for number in range(max(1, int(wanted.num_partitions))):
            placed = [nodes[(number + step) % len(nodes)] for step in range(factor)]
            partitions.append(FakePartition(placed[0], placed, sorted(placed)))
        configs = {config.name: config.value for config in wanted.configs}
        topic = FakeTopic(wanted.name, uuid5(_NAMESPACE, wanted.name), partitions, configs=configs)
        call.model.topics[wanted.name] = topic
        results.append(
            {"name": wanted.name, "topic_id": topic.id, "num_partitions": len(partitions), "replication_factor": factor}
        )
    call.model.forget_answers()
    return {"topics": results}


@answers(Api.DELETE_TOPICS)
def delete_topics(call: Call) -> Values:
    """Delete topics by name."""
    named = call.request.topics if call.version >= 6 else None  # noqa: PLR2004
    names = [topic.name for topic in named] if named is not None else list(call.request.topic_names)
    results: list[Values] = []
    for name in names:
        gone = call.model.topics.pop(name, None)
        results.append({"name": name, "topic_id": gone.id if gone else 0, "error_code": 0 if gone else _UNKNOWN_TOPIC})
    call.model.forget_answers()
    return {"responses": results}
