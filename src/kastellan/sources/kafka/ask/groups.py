"""Groups with members, assignments and commits, asked of the brokers that list them: those are their coordinators."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate, islice
from typing import Any, Final

import msgspec

from kastellan.kernel.deadline import Deadline
from kastellan.model.table import Frame, Unseen
from kastellan.sources.kafka.ask import claims
from kastellan.sources.kafka.collect_session import CollectSession, binding, packed_once, slices
from kastellan.sources.kafka.fill import commits as fill_commits
from kastellan.sources.kafka.fill import groups as fill
from kastellan.sources.kafka.fill import share_offsets as fill_share
from kastellan.sources.kafka.requester import Ask, Got, Turn, leave
from kastellan.wire.kafka import access_requests, requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.packing import EncodedRequest
from kastellan.wire.kafka.requests import RequestSpec

DESCRIBED: Final = ("groups", "members", "assignments", "stream_tasks", "stream_topics")
"""Tables that come from the descriptions of groups."""

TABLES: Final = (*DESCRIBED, "commits", "share_offsets")
_GROUPS_A_SLICE: Final = 500
_COMMITS, _SHARES = "commits", "share offsets"


class _About(msgspec.Struct, frozen=True):
    """How groups are asked about: the request, what becomes of its answer, and the versions that can say it."""

    api: Api
    build: Callable[..., EncodedRequest]
    into: Callable[[Any], Any]
    lowest: int = 0
    highest: int = 32_767


def _offset_fetch(version: int, names: Sequence[str]) -> EncodedRequest:
    return requests.offset_fetch(version, dict.fromkeys(names))


_ABOUT: Final[Mapping[str, _About]] = {
    "classic": _About(Api.DESCRIBE_GROUPS, requests.describe_groups, fill.piece),
    "consumer": _About(Api.CONSUMER_GROUP_DESCRIBE, requests.consumer_group_describe, fill.piece),
    "share": _About(Api.SHARE_GROUP_DESCRIBE, requests.share_group_describe, fill.piece),
    "streams": _About(Api.STREAMS_GROUP_DESCRIBE, requests.streams_group_describe, fill.piece),
    _COMMITS: _About(Api.OFFSET_FETCH, _offset_fetch, fill_commits.piece, 8, 9),
    _SHARES: _About(Api.DESCRIBE_SHARE_GROUP_OFFSETS, access_requests.describe_share_group_offsets, fill_share.piece),
}


async def groups(look: CollectSession, deadline: Deadline) -> None:
    """All tables of groups."""
    if not look.wants(*TABLES):
        return
    told = await _coordinated(look, deadline)
    unseen = tuple(Unseen(each.answer, "group") for each in told if each.unseen)
    found = await claims.claims(look, (each.group for part in told for each in part.listing.groups), claims.GROUP, deadline)
    membership = fill.membership(told, unseen, look.answers, look.memory)
    tables: list[Frame] = [*(membership.groups, membership.members, membership.assignments, membership.tasks, membership.topics)]
    if look.wants("share_offsets"):
        tables.append(fill_share.share_offsets([each for part in told for each in part.share], unseen, look.answers))
    commits = [each for part in told for each in part.commits]
    tables.append(await asyncio.to_thread(fill_commits.commits, commits, unseen, look.answers, look.memory))
    look.put(*(claims.believed(look, each, found) for each in tables))


async def _coordinated(look: CollectSession, deadline: Deadline) -> list[fill.Coordinated]:
    """What every coordinator tells.

    It is asked for its groups and, in the same breath, about those that it listed in the last look: mostly they are the
    same. What a new list wants besides is asked as soon as that list is there; what was asked in vain is not used.
    """
    hands = [_Hand(look, node) for node in look.nodes]
    asks = [ask for hand in hands for ask in hand.asks]
    lists = {place: hand for hand, place in zip(hands, accumulate((len(each.asks) for each in hands), initial=0), strict=False)}
    more = dict[int, asyncio.Task[list[Got]]]()

    def told(place: int, got: Got) -> None:
        if (hand := lists.get(place)) is not None and (missing := hand.missing(got.value)):
            more[hand.node] = asyncio.create_task(look.all([each.ask for each in missing], deadline))

    try:
        got = iter(await look.all(asks, deadline, told=told))
        return [
            hand.part(list(islice(got, len(hand.asks))), await more[hand.node] if hand.node in more else []) for hand in hands
        ]
    finally:
        await leave(set(more.values()))


class _Hand:
    """What one coordinator is asked."""

    def __init__(self, look: CollectSession, node: int) -> None:
        slot = ("groups", node)
        before = look.memory.last(slot)
        self.node = node
        self._look = look
        self._guessed: Sequence[_Question] = () if before is None else _questions(look, node, before)
        self._missing: Sequence[_Question] = ()
        list_groups = Ask(node, RequestSpec(Api.LIST_GROUPS, requests.list_groups), Turn(fill.listing, slot))
        self.asks = [list_groups, *(each.ask for each in self._guessed)]

    def missing(self, listing: fill.Listing | None) -> Sequence[_Question]:
        """What this list wants, and was not guessed."""
        if listing is not None:
            known = {(each.about, each.names) for each in self._guessed}
            wanted = _questions(self._look, self.node, listing)
            self._missing = [each for each in wanted if (each.about, each.names) not in known]
        return self._missing

    def part(self, got: Sequence[Got], more: Sequence[Got]) -> fill.Coordinated:
        """What it told, of the answers to `asks` and to what was missing."""
        listed, *early = got
        if listed.value is None:
            return fill.Coordinated(self.node, listed.answer, unseen=True)
        if not self._look.may_describe:
            self._look.visible_only(listed.answer, "groups")
        told = {(each.about, each.names): answer for each, answer in zip(self._guessed, early, strict=True)}
        told |= {(each.about, each.names): answer for each, answer in zip(self._missing, more, strict=True)}
        part = fill.Coordinated(self.node, listed.answer, listed.value)
        for each in _questions(self._look, self.node, listed.value):
            _take(part, each, told[each.about, each.names])
        return part


class _Question(msgspec.Struct, frozen=True):
    """What a coordinator is asked about some of its groups."""

    about: str
    names: Sequence[str]
    ask: Ask


def _questions(look: CollectSession, node: int, listing: fill.Listing) -> Sequence[_Question]:
    """The same objects as long as the broker lists the same."""
    wanted = dict[str, Sequence[str]]()
    if look.wants(*DESCRIBED):
        wanted |= listing.active
    if look.wants("commits"):
        wanted[_COMMITS] = listing.committing
    if look.wants("share_offsets"):
        wanted[_SHARES] = listing.sharing
    return look.memory.made(("asked about groups", node, *wanted), (listing,), lambda: list(_asked(node, wanted)))


def _asked(node: int, wanted: Mapping[str, Sequence[str]]) -> Iterator[_Question]:
    for about, names in wanted.items():
        of = _ABOUT[about]
        for number, some in enumerate(slices(names, _GROUPS_A_SLICE)):
            choose = RequestSpec(of.api, packed_once(binding(of.build, some)), of.lowest, of.highest)
            yield _Question(about, some, Ask(node, choose, Turn(of.into, ("of groups", node, about, number))))


def _take(part: fill.Coordinated, question: _Question, got: Got) -> None:
    if question.about == _COMMITS:
        part.commits.append((got.value, got.answer, question.names))
    elif question.about == _SHARES:
        part.share.append((got.value, got.answer, question.names))
    elif got.value is None:
        part.failed.update(dict.fromkeys(question.names, got.answer))
    else:
        part.described.append((got.value, got.answer))
