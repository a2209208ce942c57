"""ListGroups, the describe requests and OffsetFetch to groups, members, assignments and commits."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from kastellan.model.table import Unseen
from kastellan.model.tables.assignments import Assignments
from kastellan.model.tables.commits import Commits
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.members import Members
from kastellan.sources.kafka.book import Book
from kastellan.sources.kafka.codes import error_name
from kastellan.sources.kafka.fill.runs import Runs

IDLE: Final = frozenset({"Empty", "Dead"})
"""States without members."""


class Listed(msgspec.Struct, frozen=True):
    """A group as ListGroups told it, and by whom."""

    group: str
    type: str | None
    protocol_type: str
    state: str | None
    coordinator: int
    answer: int

    @property
    def kind(self) -> str:
        """classic, consumer, share or streams; before Kafka 3.8 every group is classic."""
        return (self.type or "classic").lower()


def listed(entity: Any, broker: int, answer: int) -> list[Listed]:  # noqa: ANN401
    """The groups in one ListGroups answer."""
    return [
        Listed(
            each.group_id,
            getattr(each, "group_type", "").lower() or None,
            each.protocol_type,
            getattr(each, "group_state", None) or None,
            broker,
            answer,
        )
        for each in entity.groups
    ]


class Described(msgspec.Struct, frozen=True):
    """A described group, of whichever protocol, with the entry in the book."""

    entity: Any
    answer: int


class Membership(msgspec.Struct, frozen=True):
    """The three tables that the descriptions fill."""

    groups: Groups
    members: Members
    assignments: Assignments


def membership(
    groups: Iterable[Listed],
    described: Mapping[str, Described],
    failed: Mapping[str, int],
    unseen: tuple[Unseen, ...],
    book: Book,
) -> Membership:
    """Groups with members and assignments.

    `described` maps a group to its description, `failed` maps one that could not be described to the failed Answer.
    A listed group in neither has no members by its state.
    """
    rows, members, owned = list[dict[str, Any]](), list[dict[str, Any]](), list[dict[str, Any]]()
    for each in groups:
        row = {"group": each.group, "type": each.type, "protocol_type": each.protocol_type, "state": each.state}
        row |= {"coordinator": each.coordinator, "answer": each.answer}
        told = described.get(each.group)
        code = told.entity.error_code if told else 0
        if told is None and each.group not in failed:
            rows.append({**row, "members": 0})
        elif told is None or code:
            answer = book.refused(told.answer, code, getattr(told.entity, "error_message", None)) if told else failed[each.group]
            rows.append({**row, "error": error_name(code), "answer": answer})
            members.append({"group": each.group, "answer": answer})
            owned.append({"group": each.group, "answer": answer})
        else:
            rows.append({**row, "state": told.entity.group_state, "members": len(told.entity.members), "answer": told.answer})
            _members(each.group, told, members, owned)
    return Membership(_table(Groups, rows, unseen), _table(Members, members, unseen), _table(Assignments, owned, unseen))


def _members(group: str, told: Described, members: list[dict[str, Any]], owned: list[dict[str, Any]]) -> None:
    for member in told.entity.members:
        assigned = _assigned(member)
        members.append(
            {
                "group": group,
                "member": member.member_id,
                "client_id": member.client_id,
                "client_host": member.client_host,
                "instance_id": getattr(member, "group_instance_id", None) or getattr(member, "instance_id", None),
                "assigned": None if assigned is None else sum(len(numbers) for _, numbers in assigned),
                "answer": told.answer,
            }
        )
        # An assignment that cannot be read is one row without a topic: somebody owns something unknown.
        for topic, numbers in [(None, [None])] if assigned is None else assigned:
            owned += [
                {"group": group, "member": member.member_id, "topic": topic, "partition": n, "answer": told.answer}
                for n in numbers
            ]


def _assigned(member: Any) -> list[tuple[str | None, list[int | None]]] | None:  # noqa: ANN401
    raw = getattr(member, "member_assignment", None)
    if raw is not None:
        return consumer_assignment(bytes(raw))
    assignment = getattr(member, "assignment", None)
    if assignment is None or not hasattr(assignment, "topic_partitions"):
        return None
    return [(each.topic_name, list(each.partitions)) for each in assignment.topic_partitions]


def consumer_assignment(raw: bytes) -> list[tuple[str | None, list[int | None]]] | None:
    """Topics and partitions of a classic consumer's assignment (ConsumerProtocolAssignment); None when unreadable.

    Connect and other embedded protocols put their own bytes there.

    >>> consumer_assignment(bytes.fromhex("0001" "00000001" "00016f" "00000002" "00000000" "00000003"))
    [('o', [0, 3])]
    >>> consumer_assignment(b"") , consumer_assignment(b"junk!")
    ([], None)
    """
    if not raw:
        return []
    try:
        version, topics = struct.unpack_from(">hi", raw, 0)
        at, found = 6, list[tuple[str | None, list[int | None]]]()
        if not 0 <= version < 100 or not 0 <= topics <= len(raw):  # noqa: PLR2004
            return None
        for _ in range(topics):
            (length,) = struct.unpack_from(">h", raw, at)
            name = raw[at + 2 : at + 2 + length].decode()
            (count,) = struct.unpack_from(">i", raw, at + 2 + length)
            at += 6 + length
            found.append((name, list(struct.unpack_from(f">{count}i", raw, at))))
            at += 4 * count
    except (struct.error, UnicodeDecodeError):
        return None
    return found


def commits(answers: Iterable[tuple[Any | None, int, list[str]]], unseen: tuple[Unseen, ...], book: Book) -> Commits:
    """Committed offsets from OffsetFetch answers: (entity or None, its Answer, the groups that were asked for)."""
    groups, topics, numbers, offsets, errors, ids = (
        Runs(),
        list[str | None](),
        list[int | None](),
        list[int | None](),
        list[str | None](),
        list[int](),
    )

    def placeholder(group: str, answer: int) -> None:
        groups.add(group, 1)
        topics.append(None)
        numbers.append(None)
        offsets.append(None)
        errors.append(None)
        ids.append(answer)

    for entity, answer, asked in answers:
        if entity is None:
            for group in asked:
                placeholder(group, answer)
            continue
        for group in entity.groups:
            if group.error_code:
                placeholder(group.group_id, book.refused(answer, group.error_code))
                continue
            before = len(numbers)
            for topic in group.topics:
                # -1: the group has no commit there; a partition that was never committed is no row.
                parts = [part for part in topic.partitions if part.committed_offset >= 0 or part.error_code]
                topics += [topic.name] * len(parts)
                numbers += [part.partition_index for part in parts]
                offsets += [part.committed_offset if not part.error_code else None for part in parts]
                errors += [error_name(part.error_code) for part in parts]
                ids += [answer if not part.error_code else book.refused(answer, part.error_code) for part in parts]
            groups.add(group.group_id, len(numbers) - before)
    columns = {
        "group": groups.series(),
        "topic": topics,
        "partition": numbers,
        "committed": offsets,
        "error": errors,
        "answer": ids,
    }
    return Commits.of(columns, unseen)


def _table(kind: Any, rows: list[dict[str, Any]], unseen: tuple[Unseen, ...]) -> Any:  # noqa: ANN401
    return kind.of_rows(rows, unseen)
