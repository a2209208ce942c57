"""Groups with members, assignments and commits, asked of the brokers that list them: those are their coordinators."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from kastellan.kernel.deadline import Deadline
from kastellan.model.table import Frame, Unseen
from kastellan.sources.kafka.ask import claims
from kastellan.sources.kafka.asking import Turn
from kastellan.sources.kafka.fill import commits as fill_commits
from kastellan.sources.kafka.fill import groups as fill
from kastellan.sources.kafka.fill import share_offsets as fill_share
from kastellan.sources.kafka.looking import Looking, binding, slices
from kastellan.wire.kafka import access_requests, requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.requests import Choose

DESCRIBED: Final = ("groups", "members", "assignments", "stream_tasks", "stream_topics")
"""Tables that come from the descriptions of groups."""

TABLES: Final = (*DESCRIBED, "commits", "share_offsets")
_GROUPS_A_SLICE: Final = 500
_DESCRIBERS: Final[Mapping[str, tuple[Api, Callable[..., Any]]]] = {
    "classic": (Api.DESCRIBE_GROUPS, requests.describe_groups),
    "consumer": (Api.CONSUMER_GROUP_DESCRIBE, requests.consumer_group_describe),
    "share": (Api.SHARE_GROUP_DESCRIBE, requests.share_group_describe),
    "streams": (Api.STREAMS_GROUP_DESCRIBE, requests.streams_group_describe),
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
    """What one coordinator tells."""
    turn = Turn(fill.listing, ("groups", node))
    got = await look.ask(node, Choose(Api.LIST_GROUPS, requests.list_groups), deadline, turn=turn)
    if got.value is None:
        return fill.Coordinated(node, got.answer, unseen=True)
    if not look.may_describe:
        look.visible_only(got.answer, "groups")
    part = fill.Coordinated(node, got.answer, got.value)
    asks: list[Awaitable[None]] = []
    if look.wants(*DESCRIBED):
        asks += [_describe(look, part, kind, names, deadline) for kind, names in part.listing.active.items()]
    if look.wants("commits") and part.listing.committing:
        asks.append(_fetch(look, part, deadline))
    if look.wants("share_offsets") and part.listing.sharing:
        asks.append(_share(look, part, deadline))
    # The usual coordinator is asked for commits alone, which takes no task of its own.
    await (asks[0] if len(asks) == 1 else asyncio.gather(*asks))
    return part


async def _describe(look: Looking, part: fill.Coordinated, kind: str, names: Sequence[str], deadline: Deadline) -> None:
    api, build = _DESCRIBERS[kind]
    for number, some in enumerate(slices(names, _GROUPS_A_SLICE)):
        slot = ("described", part.node, kind, number)
        packed = look.memory.packing(slot, part.listing, binding(build, some))
        got = await look.ask(part.node, Choose(api, packed), deadline, turn=Turn(fill.piece, slot))
        if got.value is None:
            part.failed.update(dict.fromkeys(some, got.answer))
        else:
            part.described.append((got.value, got.answer))


async def _fetch(look: Looking, part: fill.Coordinated, deadline: Deadline) -> None:
    for number, some in enumerate(slices(part.listing.committing, _GROUPS_A_SLICE)):
        slot = ("commits", part.node, number)
        packed = look.memory.packing(slot, part.listing, binding(requests.offset_fetch, dict.fromkeys(some)))
        wanted = Choose(Api.OFFSET_FETCH, packed, lowest=8, highest=9)
        got = await look.ask(part.node, wanted, deadline, turn=Turn(fill_commits.piece, slot))
        part.commits.append((got.value, got.answer, some))


async def _share(look: Looking, part: fill.Coordinated, deadline: Deadline) -> None:
    for number, some in enumerate(slices(part.listing.sharing, _GROUPS_A_SLICE)):
        wanted = Choose(Api.DESCRIBE_SHARE_GROUP_OFFSETS, binding(access_requests.describe_share_group_offsets, some))
        turn = Turn(fill_share.piece, ("share", part.node, number))
        got = await look.ask(part.node, wanted, deadline, turn=turn)
        part.share.append((got.value, got.answer, some))
