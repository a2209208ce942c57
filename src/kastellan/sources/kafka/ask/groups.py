"""Groups with members, assignments and commits, asked of the brokers that list them: those are their coordinators."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from kastellan.kernel.deadline import Deadline
from kastellan.model.table import Frame, Unseen
from kastellan.sources.kafka.ask import claims
from kastellan.sources.kafka.asking import Ask, Got, Turn
from kastellan.sources.kafka.fill import commits as fill_commits
from kastellan.sources.kafka.fill import groups as fill
from kastellan.sources.kafka.fill import share_offsets as fill_share
from kastellan.sources.kafka.looking import Looking, binding, packed_once, slices
from kastellan.wire.kafka import access_requests, requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.packing import Packed
from kastellan.wire.kafka.requests import Choose

DESCRIBED: Final = ("groups", "members", "assignments", "stream_tasks", "stream_topics")
"""Tables that come from the descriptions of groups."""

TABLES: Final = (*DESCRIBED, "commits", "share_offsets")
_GROUPS_A_SLICE: Final = 500
_COMMITS, _SHARES = "commits", "share offsets"


class _About(msgspec.Struct, frozen=True):
    """How groups are asked about: the request, what becomes of its answer, and the versions that can say it."""

    api: Api
    build: Callable[..., Packed]
    into: Callable[[Any], Any]
    lowest: int = 0
    highest: int = 32_767


def _offset_fetch(version: int, names: Sequence[str]) -> Packed:
    return requests.offset_fetch(version, dict.fromkeys(names))


_ABOUT: Final[Mapping[str, _About]] = {
    "classic": _About(Api.DESCRIBE_GROUPS, requests.describe_groups, fill.piece),
    "consumer": _About(Api.CONSUMER_GROUP_DESCRIBE, requests.consumer_group_describe, fill.piece),
    "share": _About(Api.SHARE_GROUP_DESCRIBE, requests.share_group_describe, fill.piece),
    "streams": _About(Api.STREAMS_GROUP_DESCRIBE, requests.streams_group_describe, fill.piece),
    _COMMITS: _About(Api.OFFSET_FETCH, _offset_fetch, fill_commits.piece, 8, 9),
    _SHARES: _About(Api.DESCRIBE_SHARE_GROUP_OFFSETS, access_requests.describe_share_group_offsets, fill_share.piece),
}


async def groups(look: Looking, deadline: Deadline) -> None:
    """All tables of groups."""
    if not look.wants(*TABLES):
        return
    told = [each for _, each in await look.each(lambda node: _of(look, node, deadline))]
    unseen = tuple(Unseen(each.answer, "group") for each in told if each.unseen)
    found = await claims.claims(look, (each.group for part in told for each in part.listing.groups), claims.GROUP, deadline)
    membership = fill.membership(told, unseen, look.book, look.memory)
    tables: list[Frame] = [*(membership.groups, membership.members, membership.assignments, membership.tasks, membership.topics)]
    if look.wants("share_offsets"):
        tables.append(fill_share.share_offsets([each for part in told for each in part.share], unseen, look.book))
    commits = [each for part in told for each in part.commits]
    tables.append(await asyncio.to_thread(fill_commits.commits, commits, unseen, look.book, look.memory))
    look.put(*(claims.believed(look, each, found) for each in tables))


async def _of(look: Looking, node: int, deadline: Deadline) -> fill.Coordinated:
    """What one coordinator tells.

    It is asked for its groups and, in the same breath, about those that it listed in the last look: mostly they are the
    same. What the new list wants besides is asked after it; what was asked in vain is not used.
    """
    slot = ("groups", node)
    before = look.memory.last(slot)
    guessed: Sequence[_Question] = () if before is None else _questions(look, node, before)
    first = Ask(node, Choose(Api.LIST_GROUPS, requests.list_groups), Turn(fill.listing, slot))
    got, *early = await look.all([first, *(each.ask for each in guessed)], deadline)
    if got.value is None:
        return fill.Coordinated(node, got.answer, unseen=True)
    if not look.may_describe:
        look.visible_only(got.answer, "groups")
    part = fill.Coordinated(node, got.answer, got.value)
    questions = guessed if got.value is before else _questions(look, node, got.value)
    told = {(each.about, each.names): answer for each, answer in zip(guessed, early, strict=True)}
    more = [each for each in questions if (each.about, each.names) not in told]
    told |= zip([(each.about, each.names) for each in more], await look.all([each.ask for each in more], deadline), strict=True)
    for each in questions:
        _take(part, each, told[each.about, each.names])
    return part


class _Question(msgspec.Struct, frozen=True):
    """What a coordinator is asked about some of its groups."""

    about: str
    names: Sequence[str]
    ask: Ask


def _questions(look: Looking, node: int, listing: fill.Listing) -> Sequence[_Question]:
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
            choose = Choose(of.api, packed_once(binding(of.build, some)), of.lowest, of.highest)
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
