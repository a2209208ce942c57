"""ListGroups and the describe requests to groups, members and assignments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
import polars as pl

from kastellan.model.table import Frame, Unseen
from kastellan.model.tables.assignments import Assignments
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.members import Members
from kastellan.model.tables.stream_tasks import StreamTasks
from kastellan.model.tables.stream_topics import StreamTopics
from kastellan.sources.kafka.book import Book
from kastellan.sources.kafka.codes import error_name
from kastellan.sources.kafka.fill.assigned import Owned, assigned, subscribed
from kastellan.sources.kafka.fill.pieces import joined
from kastellan.sources.kafka.fill.runs import Runs
from kastellan.sources.kafka.fill.streams import Streams, owned, streams

IDLE: Final = frozenset({"Empty", "Dead"})
"""States without members."""
_NOT_TOLD: Final = (None, None, None, None)
"""Epochs and assignor of a group that was not described."""


class Listed(msgspec.Struct, frozen=True):
    """A group as ListGroups told it."""

    group: str
    type: str | None
    protocol_type: str
    state: str | None

    @property
    def kind(self) -> str:
        """classic, consumer, share or streams; before Kafka 3.8 every group is classic."""
        return (self.type or "classic").lower()


def listed(entity: Any) -> tuple[Listed, ...]:  # noqa: ANN401
    """The groups in one ListGroups answer."""
    return tuple(
        Listed(
            each.group_id,
            getattr(each, "group_type", "").lower() or None,
            each.protocol_type,
            getattr(each, "group_state", None) or None,
        )
        for each in entity.groups
    )


class Described(msgspec.Struct, frozen=True):
    """A described group: its state and number of members, or the error code with the broker's words."""

    state: str
    members: int
    code: int
    message: str | None
    epoch: int | None = None
    assignment_epoch: int | None = None
    assignor: str | None = None
    topology_epoch: int | None = None


class Piece(msgspec.Struct, frozen=True):
    """One describe answer: its groups, and the rows of their members, assignments, and streams tasks and topics."""

    groups: Mapping[str, Described]
    members: pl.DataFrame
    assignments: pl.DataFrame
    tasks: pl.DataFrame
    topics: pl.DataFrame


def piece(entity: Any) -> Piece:  # noqa: ANN401
    """One answer to a describe request, of whichever protocol."""
    groups, members, assignments = dict[str, Described](), _Members(), _Owned()
    tasks, topics = list[tuple[Any, ...]](), list[tuple[Any, ...]]()
    for each in entity.groups:
        code = int(each.error_code)
        of_streams = streams(each) if hasattr(each, "topology") and not code else None
        groups[each.group_id] = _described(each, code, of_streams)
        if of_streams is not None:
            tasks += of_streams.tasks
            topics += of_streams.topics
        for member in () if code else each.members:
            told = assigned(member) if of_streams is None else owned(member, of_streams.sources)
            members.add(each, member, told, of_streams)
            assignments.add(each.group_id, member.member_id, told)
    return Piece(groups, members.frame(), assignments.frame(), _rows(tasks, StreamTasks), _rows(topics, StreamTopics))


def _described(group: Any, code: int, of_streams: Streams | None) -> Described:  # noqa: ANN401
    message = getattr(group, "error_message", None)
    assignor = getattr(group, "assignor_name", None)
    if assignor is None:
        # Classic groups call it their protocol; that of streams groups is not told.
        assignor = getattr(group, "protocol_data", None)
    return Described(
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
    schema = {name: each for name, each in kind.schema().items() if name != "answer"}
    return pl.DataFrame(rows, schema=schema, orient="row")


class _Members:
    def __init__(self) -> None:
        self._rows: list[tuple[Any, ...]] = []

    def add(self, group: Any, member: Any, told: Owned | None, of_streams: Streams | None) -> None:  # noqa: ANN401
        instance = getattr(member, "group_instance_id", None) or getattr(member, "instance_id", None) or ""
        count = None if told is None else sum(len(numbers) for _, numbers in told)
        classic = hasattr(member, "member_metadata")
        if of_streams is None:
            names = subscribed(group, member)
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
    return sum(len(each.partitions) for each in parts)


def _protocol(member: Any, *, classic: bool) -> str | None:  # noqa: ANN401
    if classic:
        return "classic"
    if hasattr(member, "is_classic"):
        return "classic" if member.is_classic else "streams"
    if not hasattr(member, "instance_id"):
        return "share"
    return {0: "classic", 1: "consumer"}.get(int(getattr(member, "member_type", -1)))


class _Owned:
    def __init__(self) -> None:
        self._groups, self._members, self._topics = Runs(), Runs(), Runs()
        self._numbers: list[int | None] = []

    def add(self, group: str, member: str, told: Owned | None) -> None:
        # An assignment that cannot be read is one row without a topic: somebody owns something unknown.
        for topic, numbers in [(None, (None,))] if told is None else told:
            for runs, text in ((self._groups, group), (self._members, member), (self._topics, topic)):
                runs.add(text, len(numbers))
            self._numbers += numbers

    def frame(self) -> pl.DataFrame:
        columns = {"group": self._groups.series(), "member": self._members.series(), "topic": self._topics.series()}
        return pl.DataFrame({**columns, "partition": pl.Series(self._numbers, dtype=pl.Int32)})


class Coordinated(msgspec.Struct):
    """What one coordinator told of its groups in one look."""

    node: int
    answer: int
    groups: tuple[Listed, ...] = ()
    described: list[tuple[Piece, int]] = []
    failed: dict[str, int] = {}
    commits: list[tuple[Any | None, int, list[str]]] = []
    share: list[tuple[Any | None, int, list[str]]] = []
    unseen: bool = False


class Membership(msgspec.Struct, frozen=True):
    """The tables that the descriptions fill."""

    groups: Groups
    members: Members
    assignments: Assignments
    tasks: StreamTasks
    topics: StreamTopics


def membership(told: Iterable[Coordinated], unseen: tuple[Unseen, ...], book: Book) -> Membership:
    """Groups with members and assignments.

    A listed group that was neither described nor failed to be has no members by its state. One that could not be
    described has a placeholder among the members and the assignments.
    """
    rows = list[tuple[Any, ...]]()
    members, owned, lost = list[pl.DataFrame](), list[pl.DataFrame](), list[dict[str, Any]]()
    tasks, topics, lost_streams = list[pl.DataFrame](), list[pl.DataFrame](), list[dict[str, Any]]()
    for each in told:
        described = {name: (group, answer) for piece, answer in each.described for name, group in piece.groups.items()}
        for group in each.groups:
            row, placeholder = _row(group, each, described.get(group.group), book)
            rows.append(row)
            if placeholder is not None:
                lost.append({"group": group.group, "answer": placeholder})
                if group.kind == "streams":
                    lost_streams.append(lost[-1])
        for of_answer, answer in each.described:
            whose = pl.lit(answer, pl.Int32).alias("answer")
            members.append(of_answer.members.with_columns(whose))
            owned.append(of_answer.assignments.with_columns(whose))
            tasks.append(of_answer.tasks.with_columns(whose))
            topics.append(of_answer.topics.with_columns(whose))
    for kind, parts, gone in (
        (Members, members, lost),
        (Assignments, owned, lost),
        (StreamTasks, tasks, lost_streams),
        (StreamTopics, topics, lost_streams),
    ):
        if gone:
            parts.append(kind.of_rows(gone).df)
    return Membership(
        Groups(pl.DataFrame(rows, schema=Groups.schema(), orient="row"), unseen),
        Members(joined(members, Members.schema()), unseen),
        Assignments(joined(owned, Assignments.schema()), unseen),
        StreamTasks(joined(tasks, StreamTasks.schema()), unseen),
        StreamTopics(joined(topics, StreamTopics.schema()), unseen),
    )


def _row(group: Listed, by: Coordinated, told: tuple[Described, int] | None, book: Book) -> tuple[tuple[Any, ...], int | None]:
    """The row of a group, and the Answer that failed to describe it."""
    head = (group.group, group.type, group.protocol_type)
    if told is not None and not told[0].code:
        of = told[0]
        more = (of.epoch, of.assignment_epoch, of.assignor, of.topology_epoch)
        return (*head, of.state, by.node, of.members, *more, None, told[1]), None
    if told is None and group.group not in by.failed:
        return (*head, group.state, by.node, 0, *_NOT_TOLD, None, by.answer), None
    code = told[0].code if told else 0
    answer = book.refused(told[1], code, told[0].message) if told else by.failed[group.group]
    return (*head, group.state, by.node, None, *_NOT_TOLD, error_name(code), answer), answer
