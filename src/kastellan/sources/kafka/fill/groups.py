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
from kastellan.sources.kafka.codes import error_name
from kastellan.sources.kafka.decode_cache import DecodeCache
from kastellan.sources.kafka.fill.assigned import Owned, assigned, subscribed
from kastellan.sources.kafka.fill.pieces import stacked
from kastellan.sources.kafka.fill.runs import Runs
from kastellan.sources.kafka.fill.streams import Streams, owned, streams
from kastellan.sources.kafka.kafka_answers import KafkaAnswers

F = TypeVar("F", bound=Frame)

IDLE: Final = frozenset({"Empty", "Dead"})
"""States without members."""
DESCRIBABLE: Final = ("classic", "consumer", "share", "streams")
"""Kinds of groups, each with a request of its own that describes it."""
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


class Listing(msgspec.Struct, frozen=True):
    """The groups in one ListGroups answer, and which of them are asked for what."""

    groups: tuple[Listed, ...] = ()
    active: Mapping[str, tuple[str, ...]] = {}
    """By kind those that have members."""
    committing: tuple[str, ...] = ()
    sharing: tuple[str, ...] = ()


def listing(entity: Any) -> Listing:  # noqa: ANN401
    """One ListGroups answer."""
    groups = tuple(
        Listed(
            each.group_id,
            getattr(each, "group_type", "").lower() or None,
            each.protocol_type,
            getattr(each, "group_state", None) or None,
        )
        for each in entity.groups
    )
    active: dict[str, list[str]] = {}
    for each in groups:
        if each.state not in IDLE and each.kind in DESCRIBABLE:
            active.setdefault(each.kind, []).append(each.group)
    return Listing(
        groups,
        {kind: tuple(active[kind]) for kind in DESCRIBABLE if kind in active},
        tuple(each.group for each in groups if each.kind != "share"),
        tuple(each.group for each in groups if each.kind == "share"),
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
    listing: Listing = Listing()
    described: list[tuple[Piece, int]] = []
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


def membership(told: Iterable[Coordinated], unseen: tuple[Unseen, ...], answers: KafkaAnswers, memory: DecodeCache) -> Membership:
    """Groups with members and assignments.

    A listed group that was neither described nor failed to be has no members by its state. One that could not be
    described has a placeholder among the members and the assignments.
    """
    listed = list(told)
    rows, lost, lost_streams = list[tuple[Any, ...]](), list[dict[str, Any]](), list[dict[str, Any]]()
    for each in listed:
        described = {name: (group, answer) for piece, answer in each.described for name, group in piece.groups.items()}
        for group in each.listing.groups:
            row, placeholder = _row(group, each, described.get(group.group), answers)
            rows.append(row)
            if placeholder is not None:
                lost.append({"group": group.group, "answer": placeholder})
                if group.kind == "streams":
                    lost_streams.append(lost[-1])
    pieces = [each for of_node in listed for each in of_node.described]
    ids = [answer for _, answer in pieces]

    def table(kind: type[F], parts: Sequence[pl.DataFrame], gone: Sequence[Mapping[str, Any]]) -> F:
        schema = {name: dtype for name, dtype in kind.schema().items() if name != "answer"}
        stack = stacked(kind.name, parts, schema, memory)
        frame = stack.rows.with_columns(stack.told(ids).rename("answer"))
        return kind(frame.vstack(kind.of_rows(gone).df) if gone else frame, unseen)

    return Membership(
        Groups(_groups(rows), unseen),
        table(Members, [piece.members for piece, _ in pieces], lost),
        table(Assignments, [piece.assignments for piece, _ in pieces], lost),
        table(StreamTasks, [piece.tasks for piece, _ in pieces], lost_streams),
        table(StreamTopics, [piece.topics for piece, _ in pieces], lost_streams),
    )


def _groups(rows: Sequence[tuple[Any, ...]]) -> pl.DataFrame:
    # Column by column: a frame made of rows looks at the type of every value.
    columns = zip(*rows, strict=True) if rows else repeat((), len(Groups.schema()))
    return pl.DataFrame(
        [pl.Series(name, each, dtype=dtype) for (name, dtype), each in zip(Groups.schema().items(), columns, strict=True)]
    )


def _row(
    group: Listed, by: Coordinated, told: tuple[Described, int] | None, answers: KafkaAnswers
) -> tuple[tuple[Any, ...], int | None]:
    """The row of a group, and the Answer that failed to describe it."""
    head = (group.group, group.type, group.protocol_type)
    if told is not None and not told[0].code:
        of = told[0]
        more = (of.epoch, of.assignment_epoch, of.assignor, of.topology_epoch)
        return (*head, of.state, by.node, of.members, *more, None, told[1]), None
    if told is None and group.group not in by.failed:
        return (*head, group.state, by.node, 0, *_NOT_TOLD, None, by.answer), None
    code = told[0].code if told else 0
    answer = answers.enter_refusal(told[1], code, told[0].message) if told else by.failed[group.group]
    return (*head, group.state, by.node, None, *_NOT_TOLD, error_name(code), answer), answer
