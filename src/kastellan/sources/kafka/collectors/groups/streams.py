"""The topology and the tasks of streams groups (KIP-1071), from their description."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from kastellan.sources.kafka.collectors.groups.member_assignment import Owned

_ROLES: Final = (("active", "active_tasks"), ("standby", "standby_tasks"), ("warmup", "warmup_tasks"))
_Row = tuple[str, str, str, str]


class Streams(msgspec.Struct, frozen=True):
    """What one description tells: rows of topics, rows of tasks, and which topics each subtopology reads."""

    topics: list[_Row]
    tasks: list[tuple[str, str, str, int, str]]
    sources: dict[str, list[str]]
    epoch: int | None


def read_streams(group: Any) -> Streams:  # noqa: ANN401
    """Topology and tasks of one described group; a group without members has told no topology yet."""
    topology = group.topology
    parts = () if topology is None else topology.subtopologies or ()
    topics = [(group.group_id, part.subtopology_id, *topic) for part in parts for topic in _topics(part)]
    sources = {
        part.subtopology_id: [*part.source_topics, *(topic.name for topic in part.repartition_source_topics)] for part in parts
    }
    tasks = [
        (group.group_id, member.member_id, task.subtopology_id, number, role)
        for member in group.members
        for role, field in _ROLES
        for task in getattr(member.assignment, field)
        for number in task.partitions
    ]
    return Streams(topics, tasks, sources, None if topology is None else topology.epoch)


def _topics(part: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    yield from ((name, "source") for name in part.source_topics)
    yield from ((name, "repartition-sink") for name in part.repartition_sink_topics)
    yield from ((topic.name, "repartition-source") for topic in part.repartition_source_topics)
    yield from ((topic.name, "changelog") for topic in part.state_changelog_topics)


def partitions_of_tasks(member: Any, sources: dict[str, list[str]]) -> Owned:  # noqa: ANN401
    """What a member reads: partition N of every topic that the subtopology of its active task N reads.

    Where topics of one subtopology differ in their number of partitions, it names partitions that do not exist.
    """
    return [
        (topic, list(task.partitions))
        for task in member.assignment.active_tasks
        for topic in sources.get(task.subtopology_id, ())
    ]
