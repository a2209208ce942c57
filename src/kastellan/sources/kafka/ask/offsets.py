"""Offsets of partitions, asked of their leaders: the ends after the commits, so that lag is never negative."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from kastellan.model.table import Table
from kastellan.sources.kafka.ask.groups import groups
from kastellan.sources.kafka.collect_session import NO_LEADER, CollectSession, binding, packed_once
from kastellan.sources.kafka.fill import offsets as fill
from kastellan.sources.kafka.requester import Ask, Got, Turn
from kastellan.wire.kafka import requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.requests import RequestSpec

_COMMITS_SHARE: Final = 0.6
"""The part of the remaining time after which end offsets are asked although a coordinator is still silent."""

_PARTITIONS_A_SLICE: Final = 35_000


async def groups_and_offsets(look: CollectSession) -> None:
    """Groups and earliest offsets, then the ends and the last stable offsets."""
    try:
        await _groups_and_offsets(look)
    finally:
        look.ends_told.set()


async def _groups_and_offsets(look: CollectSession) -> None:
    ends, stable = look.wants("offsets"), look.wants("last_stable_offsets")
    earliest = asyncio.create_task(_column(look, "earliest", requests.EARLIEST)) if ends else None
    await groups(look, look.part_of_time(_COMMITS_SHARE))
    if not (ends or stable):
        return
    nobody, late = _nobody(look), list[Awaitable[None]]()
    if earliest is not None:
        late.append(_table(look, fill.offsets, [earliest, _column(look, "latest", requests.LATEST)], nobody))
    if stable:
        told = _column(look, "last_stable", requests.LATEST, isolation=requests.READ_COMMITTED)
        late.append(_table(look, fill.last_stable_offsets, [told], nobody))
    await asyncio.gather(*late)


async def _table(
    look: CollectSession, build: Callable[..., Table], columns: Sequence[Awaitable[fill.Column]], nobody: int
) -> None:
    """A table with one row per partition, of columns that are still to come."""
    told = await asyncio.gather(*columns)
    partitions = look.tables["partitions"]
    places = fill.Places(partitions.df if look.topology is None else look.topology.partitions, look.memory)
    table = await asyncio.to_thread(build, partitions, places, *told, nobody)
    look.put(table.with_unseen(partitions.unseen))


def _nobody(look: CollectSession) -> int:
    """The Answer for partitions without a leader, where there are any."""
    if look.topology is None or not look.topology.leaderless:
        return 0
    return look.unsent("ListOffsets", NO_LEADER, "nobody leads them")


async def _column(look: CollectSession, name: str, timestamp: int, isolation: int = requests.READ_UNCOMMITTED) -> fill.Column:
    pieces = list[_Led]()
    if look.topology is not None:
        leaders = look.topology.leaders
        pieces = look.memory.made("led", (leaders,), lambda: [each for node in leaders for each in _pieces(node, leaders[node])])

    def ask(piece: _Led) -> Ask:
        slot = (name, piece.node, piece.number)
        packed = packed_once(binding(requests.list_offsets, piece.topics, timestamp, isolation=isolation))
        return Ask(piece.node, RequestSpec(Api.LIST_OFFSETS, packed), Turn(fill.piece, slot))

    # The topology is the same object as long as Metadata says the same of topics, and so are the pieces.
    asks = look.memory.made(("asked for", name), (pieces,), lambda: [ask(each) for each in pieces])
    live = set(look.nodes)

    def begun(_place: int, _got: Got) -> None:
        if timestamp == requests.LATEST:
            look.ends_told.set()  # what comes behind the ends waits for the first of them only

    got = iter(await look.all([each for each in asks if each.node in live], told=begun))
    told = [_told(look, each, next(got) if each.node in live else None) for each in pieces]
    return await asyncio.to_thread(fill.offset_column, told, name, look.answers, look.memory)


def _told(look: CollectSession, piece: _Led, got: Got | None) -> fill.Told:
    if got is None:
        return fill.Told(None, look.not_live("ListOffsets", piece.node), piece.topics)
    return fill.Told(got.value, got.answer, piece.topics)


class _Led(msgspec.Struct, frozen=True):
    """Some of the partitions that a broker leads, in one question."""

    node: int
    number: int
    topics: Mapping[str, Sequence[int]]


def _pieces(node: int, led: Mapping[str, Sequence[int]]) -> Iterator[_Led]:
    """The partitions of one leader in pieces of about a megabyte of answer."""
    number, count, topics = 0, 0, dict[str, Sequence[int]]()
    for topic, numbers in led.items():
        if topics and count + len(numbers) > _PARTITIONS_A_SLICE:
            yield _Led(node, number, topics)
            number, count, topics = number + 1, 0, {}
        topics[topic] = numbers
        count += len(numbers)
    yield _Led(node, number, topics)
