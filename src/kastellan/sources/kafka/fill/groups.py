"""ListGroups and the describe requests to groups, members and assignments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
import polars as pl

from kastellan.model.table import Unseen
from kastellan.model.tables.assignments import Assignments
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.members import Members
from kastellan.sources.kafka.book import Book
from kastellan.sources.kafka.codes import error_name
from kastellan.sources.kafka.fill.assigned import Owned, assigned
from kastellan.sources.kafka.fill.pieces import joined
from kastellan.sources.kafka.fill.runs import Runs

IDLE: Final = frozenset({"Empty", "Dead"})
"""States without members."""


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


class Piece(msgspec.Struct, frozen=True):
    """One describe answer: its groups, and the rows of their members and assignments."""

    groups: Mapping[str, Described]
    members: pl.DataFrame
    assignments: pl.DataFrame


def piece(entity: Any) -> Piece:  # noqa: ANN401
    """One answer to a describe request, of whichever protocol."""
    groups, members, owned = dict[str, Described](), _Members(), _Owned()
    for each in entity.groups:
        code = int(each.error_code)
        message = getattr(each, "error_message", None)
        groups[each.group_id] = Described(each.group_state, len(each.members), code, message)
        for member in () if code else each.members:
            told = assigned(member)
            members.add(each.group_id, member, told)
            owned.add(each.group_id, member.member_id, told)
    return Piece(groups, members.frame(), owned.frame())


class _Members:
    def __init__(self) -> None:
        self._rows: list[tuple[Any, ...]] = []

    def add(self, group: str, member: Any, told: Owned | None) -> None:  # noqa: ANN401
        instance = getattr(member, "group_instance_id", None) or getattr(member, "instance_id", None)
        count = None if told is None else sum(len(numbers) for _, numbers in told)
        self._rows.append((group, member.member_id, member.client_id, member.client_host, instance, count))

    def frame(self) -> pl.DataFrame:
        schema = {name: kind for name, kind in Members.schema().items() if name != "answer"}
        return pl.DataFrame(self._rows, schema=schema, orient="row")


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
    unseen: bool = False


class Membership(msgspec.Struct, frozen=True):
    """The three tables that the descriptions fill."""

    groups: Groups
    members: Members
    assignments: Assignments


def membership(told: Iterable[Coordinated], unseen: tuple[Unseen, ...], book: Book) -> Membership:
    """Groups with members and assignments.

    A listed group that was neither described nor failed to be has no members by its state. One that could not be
    described has a placeholder among the members and the assignments.
    """
    rows = list[tuple[Any, ...]]()
    members, owned, lost = list[pl.DataFrame](), list[pl.DataFrame](), list[dict[str, Any]]()
    for each in told:
        described = {name: (group, answer) for piece, answer in each.described for name, group in piece.groups.items()}
        for group in each.groups:
            row, placeholder = _row(group, each, described.get(group.group), book)
            rows.append(row)
            if placeholder is not None:
                lost.append({"group": group.group, "answer": placeholder})
        for of_answer, answer in each.described:
            whose = pl.lit(answer, pl.Int32).alias("answer")
            members.append(of_answer.members.with_columns(whose))
            owned.append(of_answer.assignments.with_columns(whose))
    if lost:
        members.append(Members.of_rows(lost).df)
        owned.append(Assignments.of_rows(lost).df)
    return Membership(
        Groups(pl.DataFrame(rows, schema=Groups.schema(), orient="row"), unseen),
        Members(joined(members, Members.schema()), unseen),
        Assignments(joined(owned, Assignments.schema()), unseen),
    )


def _row(group: Listed, by: Coordinated, told: tuple[Described, int] | None, book: Book) -> tuple[tuple[Any, ...], int | None]:
    """The row of a group, and the Answer that failed to describe it."""
    head = (group.group, group.type, group.protocol_type)
    if told is not None and not told[0].code:
        return (*head, told[0].state, by.node, told[0].members, None, told[1]), None
    if told is None and group.group not in by.failed:
        return (*head, group.state, by.node, 0, None, by.answer), None
    code = told[0].code if told else 0
    answer = book.refused(told[1], code, told[0].message) if told else by.failed[group.group]
    return (*head, group.state, by.node, None, error_name(code), answer), answer
