"""The fake broker's answers about groups, and the few changes that tests make over the wire."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID, uuid5

from kastellan.testing.fake_broker_answers import HANDLERS, Asked, answers
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
def list_groups(asked: Asked) -> Values:
    """The groups of the asked coordinator."""
    states = {each.lower() for each in getattr(asked.request, "states_filter", ())}
    types = {each.lower() for each in getattr(asked.request, "types_filter", ())}
    groups = [
        {"group_id": group.id, "protocol_type": group.protocol_type, "group_state": group.state, "group_type": group.type}
        for group in asked.model.groups.values()
        if asked.node in {group.coordinator, group.claimed_by}
        and (not states or group.state.lower() in states)
        and (not types or group.type in types)
    ]
    return {"error_code": asked.code(None, 0), "groups": groups}


@answers(Api.DESCRIBE_GROUPS)
def describe_groups(asked: Asked) -> Values:
    """Classic groups with their members; another group of the coordinator is dead to this request."""
    groups: list[Values] = []
    for name in asked.request.groups:
        group, error = _group(asked, name, {"classic"})
        members = [] if group is None else [_classic_member(member) for member in group.members]
        state, kind = ("Dead", "") if group is None else (group.state, group.protocol_type)
        groups.append(
            {
                "error_code": asked.code(name, error if error == _NOT_COORDINATOR or asked.version >= 6 else 0),  # noqa: PLR2004
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
def consumer_group_describe(asked: Asked) -> Values:
    """Groups of the new consumer protocol."""
    return _described(asked, "consumer", "uniform")


@answers(Api.SHARE_GROUP_DESCRIBE)
def share_group_describe(asked: Asked) -> Values:
    """Share groups."""
    return _described(asked, "share", "simple")


@answers(Api.STREAMS_GROUP_DESCRIBE)
def streams_group_describe(asked: Asked) -> Values:
    """Streams groups with their topology; a member's tasks are active ones."""
    groups: list[Values] = []
    for name in asked.request.group_ids:
        group, error = _group(asked, name, {"streams"})
        members = [] if group is None else [_streams_member(member) for member in group.members]
        parts = [] if group is None else [{"subtopology_id": at, "source_topics": of} for at, of in group.sources.items()]
        topology = {"epoch": 3, "subtopologies": parts} if parts else None
        groups.append(_described_group(asked, name, group, error) | {"members": members, "topology": topology})
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
def describe_share_group_offsets(asked: Asked) -> Values:
    """Start offsets of share groups in all their partitions."""
    groups: list[Values] = []
    for wanted in asked.request.groups:
        group, error = _group(asked, wanted.group_id, {"share"})
        error = asked.code(wanted.group_id, error)
        topics: dict[str, list[Values]] = {}
        for (topic, number), (start, lag) in ({} if group is None or error else group.share).items():
            text = {"partition_index": number, "start_offset": start, "leader_epoch": 3, "lag": lag}
            topics.setdefault(topic, []).append(text | {"error_code": asked.code((topic, number), 0)})
        listed = [
            {"topic_name": topic, "topic_id": asked.model.topics[topic].id, "partitions": parts}
            for topic, parts in topics.items()
        ]
        groups.append({"group_id": wanted.group_id, "topics": listed, "error_code": error})
    return {"groups": groups}


def _described(asked: Asked, kind: str, assignor: str) -> Values:
    groups: list[Values] = []
    for name in asked.request.group_ids:
        group, error = _group(asked, name, {kind})
        members = [] if group is None else [_member(asked, member) for member in group.members]
        groups.append(_described_group(asked, name, group, error) | {"assignor_name": assignor, "members": members})
    return {"groups": groups}


def _described_group(asked: Asked, name: str, group: FakeGroup | None, error: int) -> dict[str, object]:
    return {
        "error_code": asked.code(name, error),
        "group_id": name,
        "group_state": "" if group is None else group.state,
        "group_epoch": 0 if group is None else group.epoch,
        "assignment_epoch": 0 if group is None else group.epoch,
        "authorized_operations": -(1 << 31),
    }


def _member(asked: Asked, member: FakeMember) -> Values:
    assigned = [
        {"topic_id": asked.model.topics[topic].id, "topic_name": topic, "partitions": numbers}
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


def _group(asked: Asked, name: str, kinds: set[str]) -> tuple[FakeGroup | None, int]:
    group = asked.model.groups.get(name)
    if group is not None and asked.node not in {group.coordinator, group.claimed_by}:
        return None, _NOT_COORDINATOR
    if group is None or group.type not in kinds:
        return None, _GROUP_ID_NOT_FOUND
    return group, 0


@answers(Api.OFFSET_FETCH)
def offset_fetch(asked: Asked) -> Values:
    """Commits of one group, or of many from version 8 on; topics that are null mean all."""
    if asked.version < _MULTI_GROUP:
        return _fetched(asked, asked.request.group_id, asked.request.topics)
    return {"groups": [_fetched(asked, group.group_id, group.topics) for group in asked.request.groups]}


def _fetched(asked: Asked, name: str, wanted: Sequence[Entity] | None) -> Values:
    group = asked.model.groups.get(name)
    error = _NOT_COORDINATOR if group is not None and asked.node not in {group.coordinator, group.claimed_by} else 0
    error = asked.code(name, error)
    topics: list[Values] = []
    if not error:
        commits = group.commits if group is not None else {}
        asked_for = _committed_topics(commits) if wanted is None else {each.name: each.partition_indexes for each in wanted}
        topics = [
            {"name": topic, "partitions": [_commit(asked, commits, topic, number) for number in numbers]}
            for topic, numbers in asked_for.items()
        ]
    return {"group_id": name, "topics": topics, "error_code": error}


def _committed_topics(commits: Mapping[tuple[str, int], int]) -> dict[str, list[int]]:
    report: dict[str, list[int]] = {}
    for topic, number in commits:
        report.setdefault(topic, []).append(number)
    return report


def _commit(asked: Asked, commits: Mapping[tuple[str, int], int], topic: str, number: int) -> Values:
    return {
        "partition_index": number,
        "committed_offset": commits.get((topic, number), -1),
        "committed_leader_epoch": -1,
        "metadata": "",
        "error_code": asked.code((topic, number), 0),
    }


@answers(Api.FIND_COORDINATOR)
def find_coordinator(asked: Asked) -> Values:
    """Who coordinates a group or a transaction; what is not there belongs to the first broker."""
    keys = asked.request.coordinator_keys if asked.version >= _MANY_KEYS else [asked.request.key]
    report: list[dict[str, object]] = []
    for key in keys:
        there = (asked.model.transactions if asked.request.key_type == _TRANSACTION else asked.model.groups).get(key)
        node = min(asked.model.nodes)
        if there is not None:
            node = asked.node if asked.node == there.claimed_by else there.coordinator
        host, port = asked.address(node)
        report.append({"key": key, "node_id": node, "host": host, "port": port, "error_code": asked.code(key, 0)})
    return {"coordinators": report} | (report[0] if report else {})


@answers(Api.OFFSET_COMMIT)
def offset_commit(asked: Asked) -> Values:
    """Keep the commits; a group that is not there begins to be."""
    request = asked.request
    group = asked.model.groups.setdefault(request.group_id, FakeGroup(request.group_id, asked.node))
    for topic in request.topics:
        for partition in topic.partitions:
            group.commits[topic.name, int(partition.partition_index)] = int(partition.committed_offset)
    asked.model.changed()
    done = [
        {"name": topic.name, "partitions": [{"partition_index": partition.partition_index} for partition in topic.partitions]}
        for topic in request.topics
    ]
    return {"topics": done}


@answers(Api.CREATE_TOPICS)
def create_topics(asked: Asked) -> Values:
    """Create topics with the replicas placed in turn."""
    nodes = sorted(asked.model.nodes)
    done: list[Values] = []
    for each in asked.request.topics:
        if each.name in asked.model.topics:
            done.append({"name": each.name, "error_code": _TOPIC_EXISTS, "num_partitions": -1, "replication_factor": -1})
            continue
        factor = max(1, int(each.replication_factor))
        partitions: list[FakePartition] = []
        for number in range(max(1, int(each.num_partitions))):
            placed = [nodes[(number + step) % len(nodes)] for step in range(factor)]
            partitions.append(FakePartition(placed[0], placed, sorted(placed)))
        configs = {config.name: config.value for config in each.configs}
        topic = FakeTopic(each.name, uuid5(_NAMESPACE, each.name), partitions, configs=configs)
        asked.model.topics[each.name] = topic
        done.append({"name": each.name, "topic_id": topic.id, "num_partitions": len(partitions), "replication_factor": factor})
    asked.model.changed()
    return {"topics": done}


@answers(Api.DELETE_TOPICS)
def delete_topics(asked: Asked) -> Values:
    """Delete topics by name."""
    named = asked.request.topics if asked.version >= 6 else None  # noqa: PLR2004
    names = [each.name for each in named] if named is not None else list(asked.request.topic_names)
    done: list[Values] = []
    for name in names:
        gone = asked.model.topics.pop(name, None)
        done.append({"name": name, "topic_id": gone.id if gone else 0, "error_code": 0 if gone else _UNKNOWN_TOPIC})
    asked.model.changed()
    return {"responses": done}
