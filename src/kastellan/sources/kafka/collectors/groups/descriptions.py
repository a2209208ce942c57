"""ListGroups and the describe requests to groups, members and assignments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any, Final, TypeVar

import msgspec
import polars as pl

from kastellan.model.table import Frame, Unseen
from kastellan.model.tables.assignments import Assignments
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.members import Members
from kastellan.model.tables.stream_tasks import StreamTasks
from kastellan.model.tables.stream_topics import StreamTopics
from kastellan.sources.kafka.answer_columns import stack_columns
from kastellan.sources.kafka.codes import error_name
from kastellan.sources.kafka.collectors.groups.member_assignment import Owned, read_assignment, read_subscription
from kastellan.sources.kafka.collectors.groups.streams import Streams, partitions_of_tasks, read_streams
from kastellan.sources.kafka.decode_cache import DecodeCache
from kastellan.sources.kafka.kafka_answers import KafkaAnswers
from kastellan.sources.kafka.run_lengths import RunLengthText

F = TypeVar("F", bound=Frame)

IDLE: Final = frozenset({"Empty", "Dead"})
"""States without members."""
DESCRIBABLE: Final = ("classic", "consumer", "share", "streams")
"""Kinds of groups, each with a request of its own that describes it."""
_NOT_TOLD: Final = (None, None, None, None)
"""Epochs and assignor of a group that was not described."""


class ListedGroup(msgspec.Struct, frozen=True):
    """A group as ListGroups told it."""

    group: str
    type: str | None
    protocol_type: str
    state: str | None

    @property
    def kind(self) -> str:
        """classic, consumer, share or streams; before Kafka 3.8 every group is classic."""
        return (self.type or "classic").lower()


class Listing(msgspec.Struct, frozen=True):
    """The groups in one ListGroups answer, and which of them are asked for what."""

    groups: tuple[ListedGroup, ...] = ()
    active: Mapping[str, tuple[str, ...]] = {}
    """By kind those that have members."""
    committing: tuple[str, ...] = ()
    sharing: tuple[str, ...] = ()


def decode_listing(entity: Any) -> Listing:  # noqa: ANN401
    """One ListGroups answer."""
    groups = tuple(
        ListedGroup(
            group.group_id,
            getattr(group, "group_type", "").lower() or None,
            group.protocol_type,
            getattr(group, "group_state", None) or None,
        )
        for group in entity.groups
    )
    active: dict[str, list[str]] = {}
    for group in groups:
        if group.state not in IDLE and group.kind in DESCRIBABLE:
            active.setdefault(group.kind, []).append(group.group)
    return Listing(
        groups,
        {kind: tuple(active[kind]) for kind in DESCRIBABLE if kind in active},
        tuple(group.group for group in groups if group.kind != "share"),
        tuple(group.group for group in groups if group.kind == "share"),
    )


class GroupDescription(msgspec.Struct, frozen=True):
    """A described group: its state and number of members, or the error code with the broker's words."""

    state: str
    members: int
    code: int
    message: str | None
    epoch: int | None = None
    assignment_epoch: int | None = None
    assignor: str | None = None
    topology_epoch: int | None = None


class Descriptions(msgspec.Struct, frozen=True):
    """One describe answer: its groups, and the rows of their members, assignments, and streams tasks and topics."""

    groups: Mapping[str, GroupDescription]
    members: pl.DataFrame
    assignments: pl.DataFrame
    tasks: pl.DataFrame
    topics: pl.DataFrame


def decode_descriptions(entity: Any) -> Descriptions:  # noqa: ANN401
    """One answer to a describe request, of whichever protocol."""
    groups, members, assignments = dict[str, GroupDescription](), _Members(), _Assignments()
    tasks, topics = list[tuple[Any, ...]](), list[tuple[Any, ...]]()
    for group in entity.groups:
        code = int(group.error_code)
        of_streams = read_streams(group) if hasattr(group, "topology") and not code else None
        groups[group.group_id] = _describe(group, code, of_streams)
        if of_streams is not None:
            tasks += of_streams.tasks
            topics += of_streams.topics
        for member in () if code else group.members:
            owned = read_assignment(member) if of_streams is None else partitions_of_tasks(member, of_streams.sources)
            members.add(group, member, owned, of_streams)
            assignments.add(group.group_id, member.member_id, owned)
    return Descriptions(groups, members.frame(), assignments.frame(), _rows(tasks, StreamTasks), _rows(topics, StreamTopics))


def _describe(group: Any, code: int, of_streams: Streams | None) -> GroupDescription:  # noqa: ANN401
    message = getattr(group, "error_message", None)
    assignor = getattr(group, "assignor_name", None)
    if assignor is None:
        # Classic groups call it their protocol; that of streams groups is not told.
        assignor = getattr(group, "protocol_data", None)
    return GroupDescription(
        group.group_state,
        len(group.members),
        code,
        message,
        getattr(group, "group_epoch", None),
        getattr(group, "assignment_epoch", None),
        assignor,
        of_streams.epoch if of_streams is not None else None,
    )


def _rows(rows: list[tuple[Any, ...]], kind: type[Frame]) -> pl.DataFrame:
    schema = {name: dtype for name, dtype in kind.schema().items() if name != "answer"}
    return pl.DataFrame(rows, schema=schema, orient="row")


class _Members:
    def __init__(self) -> None:
        self._rows: list[tuple[Any, ...]] = []

    def add(self, group: Any, member: Any, owned: Owned | None, of_streams: Streams | None) -> None:  # noqa: ANN401
        instance = getattr(member, "group_instance_id", None) or getattr(member, "instance_id", None) or ""
        count = None if owned is None else sum(len(numbers) for _, numbers in owned)
        classic = hasattr(member, "member_metadata")
        if of_streams is None:
            names = read_subscription(group, member)
        else:
            names = sorted({name for topics in of_streams.sources.values() for name in topics})
        self._rows.append(
            (
                group.group_id,
                member.member_id,
                member.client_id,
                member.client_host,
                instance,
                count,
                _target(member),
                None if names is None else ",".join(names),
                (getattr(member, "subscribed_topic_regex", None) or "") if names is not None else None,
                _protocol(member, classic=classic),
                getattr(member, "member_epoch", None),
                None if classic else (member.rack_id or ""),
                getattr(member, "process_id", None),
                getattr(member, "topology_epoch", None),
            )
        )

    def frame(self) -> pl.DataFrame:
        return _rows(self._rows, Members)


def _target(member: Any) -> int | None:  # noqa: ANN401
    target = getattr(member, "target_assignment", None)
    if target is None:
        return None
    parts = target.topic_partitions if hasattr(target, "topic_partitions") else target.active_tasks
    return sum(len(part.partitions) for part in parts)


def _protocol(member: Any, *, classic: bool) -> str | None:  # noqa: ANN401
    if classic:
        return "classic"
    if hasattr(member, "is_classic"):
        return "classic" if member.is_classic else "streams"
    if not hasattr(member, "instance_id"):
        return "share"
    return {0: "classic", 1: "consumer"}.get(int(getattr(member, "member_type", -1)))


class _Assignments:
    def __init__(self) -> None:
        self._groups, self._members, self._topics = RunLengthText(), RunLengthText(), RunLengthText()
        self._numbers: list[int | None] = []

    def add(self, group: str, member: str, owned: Owned | None) -> None:
        # An assignment that cannot be read is one row without a topic: somebody owns something unknown.
        for topic, numbers in [(None, (None,))] if owned is None else owned:
            for runs, text in ((self._groups, group), (self._members, member), (self._topics, topic)):
                runs.add(text, len(numbers))
            self._numbers += numbers

    def frame(self) -> pl.DataFrame:
        columns = {"group": self._groups.series(), "member": self._members.series(), "topic": self._topics.series()}
        return pl.DataFrame({**columns, "partition": pl.Series(self._numbers, dtype=pl.Int32)})


class CoordinatorGroups(msgspec.Struct):
    """What one coordinator told of its groups in one collection."""

    node: int
    answer: int
    listing: Listing = Listing()
    described: list[tuple[Descriptions, int]] = []
    failed: dict[str, int] = {}
    commits: list[tuple[Any | None, int, Sequence[str]]] = []
    share: list[tuple[Any | None, int, Sequence[str]]] = []
    unseen: bool = False


class Membership(msgspec.Struct, frozen=True):
    """The tables that the descriptions fill."""

    groups: Groups
    members: Members
    assignments: Assignments
    tasks: StreamTasks
    topics: StreamTopics


def membership(
    coordinators: Iterable[CoordinatorGroups], unseen: tuple[Unseen, ...], answers: KafkaAnswers, cache: DecodeCache
) -> Membership:
    """Groups with members and assignments.

    A listed group that was neither described nor failed to be has no members by its state. One that could not be
    described has a placeholder among the members and the assignments.
    """
    listed = list(coordinators)
    rows, lost, lost_streams = list[tuple[Any, ...]](), list[dict[str, Any]](), list[dict[str, Any]]()
    for coordinator in listed:
        described = {name: (group, answer) for part, answer in coordinator.described for name, group in part.groups.items()}
        for group in coordinator.listing.groups:
            row, placeholder = _row(group, coordinator, described.get(group.group), answers)
            rows.append(row)
            if placeholder is not None:
                lost.append({"group": group.group, "answer": placeholder})
                if group.kind == "streams":
                    lost_streams.append(lost[-1])
    parts = [part for coordinator in listed for part in coordinator.described]
    ids = [answer for _, answer in parts]

    def table(kind: type[F], frames: Sequence[pl.DataFrame], gone: Sequence[Mapping[str, Any]]) -> F:
        schema = {name: dtype for name, dtype in kind.schema().items() if name != "answer"}
        stack = stack_columns(kind.name, frames, schema, cache)
        frame = stack.rows.with_columns(stack.spread(ids).rename("answer"))
        return kind(frame.vstack(kind.of_rows(gone).df) if gone else frame, unseen)

    return Membership(
        Groups(_groups(rows), unseen),
        table(Members, [part.members for part, _ in parts], lost),
        table(Assignments, [part.assignments for part, _ in parts], lost),
        table(StreamTasks, [part.tasks for part, _ in parts], lost_streams),
        table(StreamTopics, [part.topics for part, _ in parts], lost_streams),
    )


def _groups(rows: Sequence[tuple[Any, ...]]) -> pl.DataFrame:
    # Column by column: a frame made of rows looks at the type of every value.
    columns = zip(*rows, strict=True) if rows else repeat((), len(Groups.schema()))
    return pl.DataFrame(
        [pl.Series(name, column, dtype=dtype) for (name, dtype), column in zip(Groups.schema().items(), columns, strict=True)]
    )


def _row(
    group: ListedGroup, by: CoordinatorGroups, described: tuple[GroupDescription, int] | None, answers: KafkaAnswers
) -> tuple[tuple[Any, ...], int | None]:
    """The row of a group, and the Answer that failed to describe it."""
    head = (group.group, group.type, group.protocol_type)
    if described is not None and not described[0].code:
        description, answer = described
        more = (description.epoch, description.assignment_epoch, description.assignor, description.topology_epoch)
        return (*head, description.state, by.node, description.members, *more, None, answer), None
    if described is None and group.group not in by.failed:
        return (*head, group.state, by.node, 0, *_NOT_TOLD, None, by.answer), None
    code = described[0].code if described else 0
    answer = answers.enter_refusal(described[1], code, described[0].message) if described else by.failed[group.group]
    return (*head, group.state, by.node, None, *_NOT_TOLD, error_name(code), answer), answer
