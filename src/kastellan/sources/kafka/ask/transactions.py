"""Open transactions of every coordinator, and what the leaders of their partitions know of the producers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from kastellan.model.table import Unseen
from kastellan.sources.kafka.ask import claims
from kastellan.sources.kafka.collect_session import CollectSession, binding, slices
from kastellan.sources.kafka.fill import transactions as fill
from kastellan.wire.kafka import requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.requests import RequestSpec

_AT_ONCE: Final = 500
_SUSPECT_AFTER_MS: Final = 10_000
_SUSPECTS: Final = 500
_OPEN_STATES: Final = ("Ongoing", "PrepareCommit", "PrepareAbort", "PrepareEpochFence")


async def transactions(look: CollectSession) -> None:
    """Both tables of transactions."""
    if not look.wants("transactions", "transaction_partitions"):
        return
    unseen = list[Unseen]()
    opened = [each for _, of_node in await look.each(lambda node: _open_of(look, node, unseen)) for each in of_node]
    found = await claims.claims(look, (each.transactional_id for each in opened), claims.TRANSACTION, look.deadline)
    # Of those that nobody can be believed about one is left, without what was told of it.
    doubtful = {each.transactional_id: each for each in opened if each.transactional_id in found.open}
    opened = [each for each in opened if not found.refuses(each.transactional_id, each.coordinator)]
    opened += [msgspec.structs.replace(each, described=None, answer=found.doubt) for each in doubtful.values()]
    producers = await _producers(look, opened)
    look.put(*fill.transactions(opened, producers, tuple(unseen), look.answers))


async def _open_of(look: CollectSession, node: int, unseen: list[Unseen]) -> list[fill.Open]:
    got = await look.ask(node, RequestSpec(Api.LIST_TRANSACTIONS, binding(requests.list_transactions, states=_OPEN_STATES)))
    if got.value is None:
        unseen.append(Unseen(got.answer, "transactional_id"))
        return []
    if not look.full_rights:
        look.visible_only(got.answer, "transactions")
    listed = {each.transactional_id: each for each in got.value.transaction_states}
    found = list[fill.Open]()
    for some in slices(list(listed), _AT_ONCE):
        told = await look.ask(node, RequestSpec(Api.DESCRIBE_TRANSACTIONS, binding(requests.describe_transactions, some)))
        described = {} if told.value is None else {each.transactional_id: each for each in told.value.transaction_states}
        found += [
            fill.Open(name, listed[name].producer_id, listed[name].transaction_state, node, described.get(name), told.answer)
            for name in some
        ]
    return found


def _suspects(opened: Iterable[fill.Open]) -> set[tuple[str, int]]:
    """Partitions of transactions that have been open for a while: asking of producers needs READ on the topic."""
    now = time.time_ns() // 1_000_000
    return {
        (topic.topic, number)
        for each in opened
        if each.described is not None
        and not each.described.error_code
        and now - (fill.start_ms(each.described) or now) >= _SUSPECT_AFTER_MS
        for topic in each.described.topics
        for number in topic.partitions
    }


async def _producers(look: CollectSession, opened: Iterable[fill.Open]) -> fill.Producers:
    suspects = _suspects(opened)
    if not suspects or len(suspects) > _SUSPECTS or look.topology is None:
        return {}
    by_leader: dict[int, dict[str, list[int]]] = {}
    for node, topics in look.topology.leaders.items():
        for topic, number in suspects:
            if number in topics.get(topic, ()):
                by_leader.setdefault(node, {}).setdefault(topic, []).append(number)

    async def ask(node: int) -> fill.Producers:
        build = binding(requests.describe_producers, by_leader[node])
        got = await look.ask(node, RequestSpec(Api.DESCRIBE_PRODUCERS, build))
        if got.value is None:
            return {(topic, number): (None, got.answer) for topic, numbers in by_leader[node].items() for number in numbers}
        return {(topic.name, part.partition_index): (part, got.answer) for topic in got.value.topics for part in topic.partitions}

    found: dict[tuple[str, int], tuple[Any | None, int]] = {}
    for part in await asyncio.gather(*(ask(node) for node in by_leader)):
        found.update(part)
    return found
