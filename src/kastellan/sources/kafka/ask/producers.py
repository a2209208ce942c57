"""Producers that partition leaders remember, of the topics that a person named: it needs READ on them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from kastellan.engine.requests import members_of
from kastellan.model.tables.producers import Producers
from kastellan.sources.kafka.collect_session import NO_LEADER, CollectSession, binding
from kastellan.sources.kafka.fill import producers as fill
from kastellan.wire.kafka import requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.requests import RequestSpec


async def producers(look: CollectSession) -> None:
    """The producers of every partition of the named topics."""
    if not look.wants("producers"):
        return
    leaders: Mapping[int, Mapping[str, Sequence[int]]] = {} if look.topology is None else look.topology.leaders
    named = members_of(look.requests, Producers.name)

    async def ask(node: int) -> fill.Told:
        asked = {topic: numbers for topic, numbers in leaders[node].items() if topic in named}
        if not asked:
            return fill.Told(None, 0, {})
        if node not in look.nodes:
            return fill.Told(None, look.not_live("DescribeProducers", node), asked)
        got = await look.ask(node, RequestSpec(Api.DESCRIBE_PRODUCERS, binding(requests.describe_producers, asked)))
        return fill.Told(got.value, got.answer, asked)

    told = await asyncio.gather(*(ask(node) for node in leaders))
    partitions = look.tables["partitions"]
    orphans = [] if look.topology is None or not look.topology.leaderless else fill.leaderless(partitions.df, named)
    nobody = look.unsent("DescribeProducers", NO_LEADER, "nobody leads them") if orphans else 0
    look.put(fill.producers(told, orphans, nobody, partitions.unseen, look.answers))
