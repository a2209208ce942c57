"""Groups with members, assignments and commits, asked of the brokers that list them: those are their coordinators."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, islice
from typing import Any, Final

import msgspec

from kastellan.kernel.deadline import Deadline
from kastellan.model.table import Frame, Table, Unseen
from kastellan.model.tables.assignments import Assignments
from kastellan.model.tables.commits import Commits
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.members import Members
from kastellan.model.tables.share_offsets import ShareOffsets
from kastellan.model.tables.stream_tasks import StreamTasks
from kastellan.model.tables.stream_topics import StreamTopics
from kastellan.sources.kafka.collect_session import CollectSession, binding, packed_once, slices
from kastellan.sources.kafka.collector import Collector, Flow
from kastellan.sources.kafka.collectors.groups.commits import commits, decode_commits
from kastellan.sources.kafka.collectors.groups.descriptions import (
    CoordinatorGroups,
    Listing,
    decode_descriptions,
    decode_listing,
    membership,
)
from kastellan.sources.kafka.collectors.groups.share_offsets import decode_share_offsets, share_offsets
from kastellan.sources.kafka.coordinators import GROUP, keep_coordinated, resolve_coordinators
from kastellan.sources.kafka.requester import Decoder, Request, Response, cancel_all
from kastellan.wire.kafka import access_requests, requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.packing import EncodedRequest
from kastellan.wire.kafka.requests import RequestSpec

_DESCRIBED: Final[tuple[type[Table], ...]] = (Groups, Members, Assignments, StreamTasks, StreamTopics)
"""Tables that come from the descriptions of groups."""

COLLECTOR = Collector(fills=(Groups, Members, Assignments, StreamTasks, StreamTopics, Commits, ShareOffsets))

_SHARE_OF_TIME: Final = 0.6
"""The part of the time after which end offsets are asked although a coordinator is still silent."""
_GROUPS_A_SLICE: Final = 500
_COMMITS, _SHARES = "commits", "share offsets"


class _Subject(msgspec.Struct, frozen=True):
    """How groups are asked about: the request, how its answer is decoded, and the versions that can say it."""

    api: Api
    build: Callable[..., EncodedRequest]
    into: Callable[[Any], Any]
    lowest: int = 0
    highest: int = 32_767


def _offset_fetch(version: int, names: Sequence[str]) -> EncodedRequest:
    return requests.offset_fetch(version, dict.fromkeys(names))


_SUBJECTS: Final[Mapping[str, _Subject]] = {
    "classic": _Subject(Api.DESCRIBE_GROUPS, requests.describe_groups, decode_descriptions),
    "consumer": _Subject(Api.CONSUMER_GROUP_DESCRIBE, requests.consumer_group_describe, decode_descriptions),
    "share": _Subject(Api.SHARE_GROUP_DESCRIBE, requests.share_group_describe, decode_descriptions),
    "streams": _Subject(Api.STREAMS_GROUP_DESCRIBE, requests.streams_group_describe, decode_descriptions),
    _COMMITS: _Subject(Api.OFFSET_FETCH, _offset_fetch, decode_commits, 8, 9),
    _SHARES: _Subject(Api.DESCRIBE_SHARE_GROUP_OFFSETS, access_requests.describe_share_group_offsets, decode_share_offsets),
}


async def collect(session: CollectSession, _: Flow) -> Iterable[object]:
    """All tables of groups."""
    deadline = session.share_of_time(_SHARE_OF_TIME)
    parts = await _ask_coordinators(session, deadline)
    unseen = tuple(Unseen(part.answer, "group") for part in parts if part.unseen)
    listed = (group.group for part in parts for group in part.listing.groups)
    coordinators = await resolve_coordinators(session, listed, GROUP, deadline)
    described = membership(parts, unseen, session.answers, session.cache)
    tables: list[Frame] = [
        *(described.groups, described.members, described.assignments, described.tasks, described.topics),
        share_offsets([answer for part in parts for answer in part.share], unseen, session.answers),
    ]
    of_commits = [answer for part in parts for answer in part.commits]
    tables.append(await asyncio.to_thread(commits, of_commits, unseen, session.answers, session.cache))
    return [keep_coordinated(session, table, coordinators) for table in tables]


async def _ask_coordinators(session: CollectSession, deadline: Deadline) -> list[CoordinatorGroups]:
    """What every coordinator tells.

    It is asked for its groups and, in the same batch, about those that it listed in the last collection: mostly they are
    the same. What a new list wants besides is asked as soon as that list is there; what was asked in vain is not used.
    """
    coordinators = [_Coordinator(session, node) for node in session.nodes]
    batch = [request for coordinator in coordinators for request in coordinator.batch]
    starts = accumulate((len(coordinator.batch) for coordinator in coordinators), initial=0)
    lists = {place: coordinator for coordinator, place in zip(coordinators, starts, strict=False)}
    follow_ups = dict[int, asyncio.Task[list[Response]]]()

    def follow_up(place: int, response: Response) -> None:
        if (coordinator := lists.get(place)) is not None and (missing := coordinator.missing(response.value)):
            more = session.requester.ask_all([question.request for question in missing], deadline)
            follow_ups[coordinator.node] = asyncio.create_task(more)

    try:
        responses = iter(await session.requester.ask_all(batch, deadline, on_response=follow_up))
        return [
            coordinator.part(
                list(islice(responses, len(coordinator.batch))),
                await follow_ups[coordinator.node] if coordinator.node in follow_ups else [],
            )
            for coordinator in coordinators
        ]
    finally:
        await cancel_all(set(follow_ups.values()))


class _Coordinator:
    """What one coordinator is asked."""

    def __init__(self, session: CollectSession, node: int) -> None:
        slot = ("groups", node)
        before = session.cache.last_value(slot)
        self.node = node
        self._session = session
        self._guessed: Sequence[_Question] = () if before is None else _questions(session, node, before)
        self._missing: Sequence[_Question] = ()
        list_groups = Request(node, RequestSpec(Api.LIST_GROUPS, requests.list_groups), Decoder(decode_listing, slot))
        self.batch = [list_groups, *(question.request for question in self._guessed)]

    def missing(self, listing: Listing | None) -> Sequence[_Question]:
        """What this list wants, and was not guessed."""
        if listing is not None:
            guessed = {(question.subject, question.names) for question in self._guessed}
            wanted = _questions(self._session, self.node, listing)
            self._missing = [question for question in wanted if (question.subject, question.names) not in guessed]
        return self._missing

    def part(self, responses: Sequence[Response], more: Sequence[Response]) -> CoordinatorGroups:
        """What it told, of the responses to `batch` and to what was missing."""
        listed, *early = responses
        if listed.value is None:
            return CoordinatorGroups(self.node, listed.answer, unseen=True)
        if not self._session.may_describe:
            self._session.grade_visible_only(listed.answer, "groups")
        pairs = [*zip(self._guessed, early, strict=True), *zip(self._missing, more, strict=True)]
        by_question = {(question.subject, question.names): response for question, response in pairs}
        part = CoordinatorGroups(self.node, listed.answer, listed.value)
        for question in _questions(self._session, self.node, listed.value):
            _take(part, question, by_question[question.subject, question.names])
        return part


class _Question(msgspec.Struct, frozen=True):
    """What a coordinator is asked about some of its groups."""

    subject: str
    names: Sequence[str]
    request: Request


def _questions(session: CollectSession, node: int, listing: Listing) -> Sequence[_Question]:
    """The same objects as long as the broker lists the same."""
    wanted = dict[str, Sequence[str]]()
    if session.wants(*_DESCRIBED):
        wanted |= listing.active
    if session.wants(Commits):
        wanted[_COMMITS] = listing.committing
    if session.wants(ShareOffsets):
        wanted[_SHARES] = listing.sharing
    return session.cache.derive(("asked about groups", node, *wanted), (listing,), lambda: list(_questions_about(node, wanted)))


def _questions_about(node: int, wanted: Mapping[str, Sequence[str]]) -> Iterator[_Question]:
    for name, groups in wanted.items():
        subject = _SUBJECTS[name]
        for number, names in enumerate(slices(groups, _GROUPS_A_SLICE)):
            spec = RequestSpec(subject.api, packed_once(binding(subject.build, names)), subject.lowest, subject.highest)
            yield _Question(name, names, Request(node, spec, Decoder(subject.into, ("of groups", node, name, number))))


def _take(part: CoordinatorGroups, question: _Question, response: Response) -> None:
    if question.subject == _COMMITS:
        part.commits.append((response.value, response.answer, question.names))
    elif question.subject == _SHARES:
        part.share.append((response.value, response.answer, question.names))
    elif response.value is None:
        part.failed.update(dict.fromkeys(question.names, response.answer))
    else:
        part.described.append((response.value, response.answer))
