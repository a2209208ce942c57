"""Offsets of partitions, asked of their leaders: the ends after the commits, so that lag is never negative."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from kastellan.model.table import Table
from kastellan.sources.kafka.ask.groups import groups
from kastellan.sources.kafka.asking import Turn
from kastellan.sources.kafka.fill import offsets as fill
from kastellan.sources.kafka.looking import Looking, binding
from kastellan.wire.kafka import requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.requests import Choose

_COMMITS_SHARE: Final = 0.6
"""The part of the remaining time after which end offsets are asked although a coordinator is still silent."""

_PARTITIONS_A_SLICE: Final = 35_000


async def groups_and_offsets(look: Looking) -> None:
    """Groups and earliest offsets, then the ends and the last stable offsets."""
    try:
        await _groups_and_offsets(look)
    finally:
        look.ends_told.set()


async def _groups_and_offsets(look: Looking) -> None:
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


async def _table(look: Looking, build: Callable[..., Table], columns: Sequence[Awaitable[fill.Column]], nobody: int) -> None:
    """A table with one row per partition, of columns that are still to come."""
    told = await asyncio.gather(*columns)
    partitions = look.tables["partitions"]
    places = fill.Places(partitions.df if look.topology is None else look.topology.partitions, look.memory)
    table = await asyncio.to_thread(build, partitions, places, *told, nobody)
    look.put(table.with_unseen(partitions.unseen))


def _nobody(look: Looking) -> int:
    """The Answer for partitions without a leader, where there are any."""
    if look.topology is None or not look.topology.leaderless:
        return 0
    return look.missing("ListOffsets", "the partitions without a leader", "nobody leads them")


async def _column(look: Looking, name: str, timestamp: int, isolation: int = requests.READ_UNCOMMITTED) -> fill.Column:
    led: Mapping[int, Sequence[Mapping[str, Sequence[int]]]] = {}
    if look.topology is not None:
        leaders = look.topology.leaders
        led = look.memory.made("led", (leaders,), lambda: {node: _slices(topics) for node, topics in leaders.items()})

    async def ask(node: int) -> list[fill.Told]:
        if node not in look.nodes:
            return [fill.Told(None, look.not_live("ListOffsets", node), asked) for asked in led[node]]
        told = list[fill.Told]()
        for number, asked in enumerate(led[node]):
            slot = (name, node, number)
            build = binding(requests.list_offsets, asked, timestamp, isolation=isolation)
            # The topology is the same object as long as Metadata says the same of topics.
            packed = look.memory.packing(slot, look.topology, build)
            got = await look.ask(node, Choose(Api.LIST_OFFSETS, packed), turn=Turn(fill.piece, slot))
            told.append(fill.Told(got.value, got.answer, asked))
            if timestamp == requests.LATEST:
                look.ends_told.set()
        return told

    told = await asyncio.gather(*(ask(node) for node in led))
    listed = [each for of_node in told for each in of_node]
    return await asyncio.to_thread(fill.offset_column, listed, name, look.book, look.memory)


def _slices(topics: Mapping[str, Sequence[int]]) -> list[dict[str, Sequence[int]]]:
    """The partitions of one leader in pieces of about a megabyte of answer."""
    pieces: list[dict[str, Sequence[int]]] = [{}]
    count = 0
    for topic, numbers in topics.items():
        if count + len(numbers) > _PARTITIONS_A_SLICE and pieces[-1]:
            pieces.append({})
            count = 0
        pieces[-1][topic] = numbers
        count += len(numbers)
    return pieces
