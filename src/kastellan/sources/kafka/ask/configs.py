"""Wanted configs: the topics are shared out among as few brokers as their number needs, and each broker tells of itself.

A broker works long on them, and on one question of a connection at a time: asked first, they would hold up the commits
and widen the time between those and the ends, by which lag is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from kastellan.engine.needs import ALL
from kastellan.engine.requests import keys_of, members_of
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.sources.kafka.collect_session import CollectSession, binding, packed_once, slices
from kastellan.sources.kafka.fill import configs as fill
from kastellan.sources.kafka.requester import Turn
from kastellan.wire.kafka import requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.packing import EncodedRequest
from kastellan.wire.kafka.requests import BROKER_RESOURCE, TOPIC_RESOURCE, RequestSpec

_TOPICS_A_SLICE: Final = 5_000
_TOPICS_A_SHARE: Final = 1_000


async def configs(look: CollectSession) -> None:
    """Topic and broker configs by wanted key."""
    await look.behind_the_ends()
    keys = {
        TOPIC_RESOURCE: sorted(keys_of(look.requests, TopicConfigs.name)),
        BROKER_RESOURCE: sorted(keys_of(look.requests, BrokerConfigs.name)),
    }
    topic_keys, broker_keys = keys.values()
    asks = [_ask(look, node, number, topics, keys) for node, number, topics in _shares(look, topic_keys, broker_keys)]
    told = await asyncio.gather(*asks)
    if look.wants("topic_configs"):
        unseen = look.tables["topics"].unseen
        of_topics = [each for each, _ in told]
        table = await asyncio.to_thread(fill.topic_configs, of_topics, topic_keys, unseen, look.answers, look.memory)
        if names := sorted(members_of(look.requests, TopicConfigs.name)):
            table = fill.with_whole(table, await _whole(look, names), look.answers, look.memory)
        look.put(table)
    if look.wants("broker_configs"):
        silent = [fill.Told(None, look.not_live("DescribeConfigs", node), [str(node)]) for node in look.dead]
        of_brokers = [each for _, each in told if each is not None]
        look.put(fill.broker_configs([*of_brokers, *silent], broker_keys, look.answers, look.memory))


def _shares(
    look: CollectSession, topic_keys: Sequence[str], broker_keys: Sequence[str]
) -> Sequence[tuple[int, int, Sequence[str]]]:
    """Who is asked, in which slice, for which topics; the same object as long as brokers and topics are the same.

    A broker that did not answer in the last look is asked for itself only: any other knows the topics as well.
    """
    names = look.topology.names if look.topology and topic_keys else ()
    ready = tuple(node for node in look.nodes if look.memory.reached.get(node, True)) or look.nodes
    every = look.nodes if broker_keys else ()
    return look.memory.made(("shares", ready, every), (look.topology, bool(topic_keys)), lambda: _shared(names, ready, every))


def _shared(names: Sequence[str], ready: Sequence[int], every: Sequence[int]) -> list[tuple[int, int, Sequence[str]]]:
    # A question costs a broker and us more than a hundred topics in it: small shares go to fewer brokers.
    count = min(len(ready), -(-len(names) // _TOPICS_A_SHARE))
    askable = ready if every else [ready[place * len(ready) // count] for place in range(count)]
    of = {node: list(names[place :: len(askable)]) for place, node in enumerate(askable)} if askable else {}
    return [
        (node, number, topics)
        for node in (every or askable)
        for number, topics in enumerate(slices(of.get(node, []), _TOPICS_A_SLICE) or [[]])
    ]


async def _whole(look: CollectSession, names: Sequence[str]) -> fill.Told:
    """Every config of the topics that a person named."""
    keys = {TOPIC_RESOURCE: (ALL,)}
    build = binding(requests.describe_configs, {(TOPIC_RESOURCE, name): None for name in names})
    got = await look.any(RequestSpec(Api.DESCRIBE_CONFIGS, build))
    return fill.Told(None if got.value is None else fill.pieces(got.value, keys)[TOPIC_RESOURCE], got.answer, names)


async def _ask(
    look: CollectSession, node: int, number: int, topics: Sequence[str], keys: Mapping[int, Sequence[str]]
) -> tuple[fill.Told, fill.Told | None]:
    """What one broker tells of a slice of the topics and, in the first slice, of itself."""
    itself = number == 0 and bool(keys[BROKER_RESOURCE])

    def build(version: int) -> EncodedRequest:
        of_topics = _asked(keys[TOPIC_RESOURCE])
        resources: dict[tuple[int, str], Sequence[str] | None] = {(TOPIC_RESOURCE, each): of_topics for each in topics}
        if itself:
            resources[BROKER_RESOURCE, str(node)] = _asked(keys[BROKER_RESOURCE])
        return requests.describe_configs(version, resources)

    # What was wanted is part of the slot: another request has another place.
    slot = ("configs", node, number, *map(tuple, keys.values()))
    packed = look.memory.made(("packed", slot), (topics,), lambda: packed_once(build))
    turn = Turn(lambda entity: fill.pieces(entity, keys), slot)
    got = await look.ask(node, RequestSpec(Api.DESCRIBE_CONFIGS, packed), turn=turn)
    topics_told, broker_told = (got.value[TOPIC_RESOURCE], got.value[BROKER_RESOURCE]) if got.value else (None, None)
    return fill.Told(topics_told, got.answer, topics), fill.Told(broker_told, got.answer, [str(node)]) if itself else None


def _asked(keys: Sequence[str]) -> Sequence[str] | None:
    """The keys as the request has them: None asks for all."""
    return None if ALL in keys else keys
