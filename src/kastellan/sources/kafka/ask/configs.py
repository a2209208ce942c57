"""Wanted configs: every broker is asked for its share of the topics, and for itself.

A broker works long on them, and on one question of a connection at a time: asked first, they would hold up the commits
and widen the time between those and the ends, by which lag is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from kastellan.model.needs import ALL
from kastellan.sources.kafka.asking import Turn
from kastellan.sources.kafka.fill import configs as fill
from kastellan.sources.kafka.looking import Looking, binding, slices
from kastellan.wire.kafka import requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.requests import BROKER_RESOURCE, TOPIC_RESOURCE, Choose

_TOPICS_A_SLICE: Final = 5_000


async def configs(look: Looking) -> None:
    """Topic and broker configs by wanted key."""
    await look.behind_the_ends()
    keys = {TOPIC_RESOURCE: sorted(look.wanted.topic_keys), BROKER_RESOURCE: sorted(look.wanted.broker_keys)}
    topic_keys, broker_keys = keys.values()
    names = look.topology.names if look.topology and topic_keys else ()
    shares = {node: list(names[place :: len(look.nodes)]) for place, node in enumerate(look.nodes)}
    asked = await look.each(lambda node: _of(look, node, shares[node], keys)) if topic_keys or broker_keys else []
    told = [each for _, of_node in asked for each in of_node]
    if look.wants("topic_configs"):
        unseen = look.tables["topics"].unseen
        table = await asyncio.to_thread(fill.topic_configs, [each for each, _ in told], topic_keys, unseen, look.book)
        look.put(table if not look.wanted.whole_topics else fill.with_whole(table, await _whole(look), look.book))
    if look.wants("broker_configs"):
        silent = [fill.Told(None, look.not_live("DescribeConfigs", node), [str(node)]) for node in look.dead]
        of_brokers = [each for _, each in told if each is not None]
        look.put(fill.broker_configs([*of_brokers, *silent], broker_keys, look.book))


async def _whole(look: Looking) -> fill.Told:
    """Every config of the topics that a person named."""
    names = sorted(look.wanted.whole_topics)
    keys = {TOPIC_RESOURCE: (ALL,)}
    build = binding(requests.describe_configs, {(TOPIC_RESOURCE, name): None for name in names})
    got = await look.any(Choose(Api.DESCRIBE_CONFIGS, build))
    return fill.Told(None if got.value is None else fill.pieces(got.value, keys)[TOPIC_RESOURCE], got.answer, names)


async def _of(
    look: Looking, node: int, share: list[str], keys: Mapping[int, Sequence[str]]
) -> list[tuple[fill.Told, fill.Told | None]]:
    """What one broker tells of its share of the topics and, in the first slice, of itself."""
    found: list[tuple[fill.Told, fill.Told | None]] = []
    of_topics = _asked(keys[TOPIC_RESOURCE])
    for number, topics in enumerate(slices(share, _TOPICS_A_SLICE) or [[]]):
        itself = number == 0 and bool(keys[BROKER_RESOURCE])
        resources: dict[tuple[int, str], Sequence[str] | None] = {(TOPIC_RESOURCE, each): of_topics for each in topics}
        if itself:
            resources[BROKER_RESOURCE, str(node)] = _asked(keys[BROKER_RESOURCE])
        if not resources:
            continue
        # What was wanted and of how many brokers is part of the slot: another request has another place.
        slot = ("configs", node, number, len(look.nodes), *map(tuple, keys.values()))
        packed = look.memory.packing(slot, look.topology, binding(requests.describe_configs, resources))
        turn = Turn(lambda entity: fill.pieces(entity, keys), slot)
        got = await look.ask(node, Choose(Api.DESCRIBE_CONFIGS, packed), turn=turn)
        topics_told, broker_told = (got.value[TOPIC_RESOURCE], got.value[BROKER_RESOURCE]) if got.value else (None, None)
        found.append(
            (fill.Told(topics_told, got.answer, topics), fill.Told(broker_told, got.answer, [str(node)]) if itself else None)
        )
    return found


def _asked(keys: Sequence[str]) -> Sequence[str] | None:
    """The keys as the request has them: None asks for all."""
    return None if ALL in keys else keys
