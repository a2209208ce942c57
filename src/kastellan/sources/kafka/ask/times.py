"""When the next record of each lagging partition was written, asked of the leaders, all partitions of a leader at once.

Only where the table is wanted, for the groups that were named, and for the partitions that lag most.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
import polars as pl

from kastellan.sources.kafka.collect_session import CollectSession, binding
from kastellan.sources.kafka.fill import times as fill
from kastellan.wire.kafka import requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.requests import RequestSpec

NEEDED: Final = ("commits", "offsets", "partitions")
"""Tables without which nobody knows what lags."""

_MOST: Final = 5_000
"""Partitions at most: what lags less is not asked for."""

_TELLS_OFFSET: Final = 1
"""From this version of ListOffsets on one record is named, with its timestamp."""

_Place = tuple[str, int]


async def times(look: CollectSession) -> None:
    """The table of commit times."""
    if not look.wants("commit_times"):
        return
    unseen = tuple(dict.fromkeys(each for name in NEEDED for each in look.tables[name].unseen))
    searches = _searches(look)
    led = _leaders(look)
    by_leader: dict[int, list[fill.Search]] = {}
    for each in searches:
        by_leader.setdefault(led[each.topic, each.partition], []).append(each)
    told = await asyncio.gather(
        *(_of_leader(look, node, layer) for node, of_node in by_leader.items() for layer in _layers(of_node))
    )
    look.put(fill.commit_times([each for of_node in told for each in of_node], unseen, _dark(look)))


def _dark(look: CollectSession) -> pl.DataFrame:
    """Commits of which nobody knows whether they lag: the commit or the ends of its partition could not be seen."""
    offsets = look.tables["offsets"].df.select("topic", "partition", "earliest", "latest", ends_answer="answer")
    of = _named(look).join(offsets, on=["topic", "partition"], how="left")
    no_commit, no_ends = pl.col("committed").is_null(), pl.any_horizontal(pl.col("earliest", "latest").is_null())
    return of.filter(no_commit | no_ends).select(
        *("group", "topic", "partition", "committed"), answer=pl.when(no_commit).then("answer").otherwise("ends_answer")
    )


def _named(look: CollectSession) -> pl.DataFrame:
    """The commits of the groups that were named, or of all."""
    commits, named = look.tables["commits"].df, look.timed_groups
    return commits.filter(pl.col("group").is_in(list(named))) if named else commits


def _searches(look: CollectSession) -> list[fill.Search]:
    """What lags and whose next record is still there."""
    offsets = look.tables["offsets"].df.drop("answer")
    lagging = (
        _named(look)
        .select("group", "topic", "partition", "committed")
        .join(offsets, on=["topic", "partition"], how="inner")
        .filter((pl.col("committed") >= pl.col("earliest")) & (pl.col("committed") < pl.col("latest")))
        .sort(pl.col("latest") - pl.col("committed"), descending=True)
        .head(_MOST)
    )
    now_ms = time.time_ns() // 1_000_000
    return [
        fill.begun(group=group, topic=topic, partition=partition, committed=committed, end=end, now_ms=now_ms)
        for group, topic, partition, committed, end in lagging.select(
            "group", "topic", "partition", "committed", "latest"
        ).iter_rows()
    ]


def _leaders(look: CollectSession) -> dict[_Place, int]:
    rows = look.tables["partitions"].df.select("topic", "partition", "leader").iter_rows()
    return {(topic, partition): leader for topic, partition, leader in rows}


def _layers(searches: Iterable[fill.Search]) -> list[list[fill.Search]]:
    """A question names each partition once: groups that lag on the same one are asked about side by side."""
    layers: list[dict[_Place, fill.Search]] = []
    for each in searches:
        place = each.topic, each.partition
        layer = next((one for one in layers if place not in one), None)
        if layer is None:
            layers.append(layer := {})
        layer[place] = each
    return [list(layer.values()) for layer in layers]


async def _of_leader(look: CollectSession, node: int, searches: Sequence[fill.Search]) -> list[tuple[fill.Search, int]]:
    """The searches in one leader's partitions, until each is done or the leader fails."""
    if node not in look.nodes:
        answer = look.not_live("ListOffsets", node)
        return [(_failed(each, answer), answer) for each in searches]
    open_, done = {(each.topic, each.partition): each for each in searches}, list[tuple[fill.Search, int]]()
    while open_:
        asked = {place: fill.next_ms(each) for place, each in open_.items()}
        build = binding(requests.list_offsets_at, asked)
        got = await look.ask(node, RequestSpec(Api.LIST_OFFSETS, build, lowest=_TELLS_OFFSET))
        if got.value is None:
            return [*done, *((_failed(each, got.answer), got.answer) for each in open_.values())]
        for topic in got.value.topics:
            for part in topic.partitions:
                place = (topic.name, part.partition_index)
                if place not in open_:
                    continue
                open_[place] = after = _after(look, open_[place], asked[place], part, got.answer)
                if after.done:
                    done.append((open_.pop(place), got.answer))
    return done


def _after(look: CollectSession, search: fill.Search, asked_ms: int, part: Any, answer: int) -> fill.Search:  # noqa: ANN401
    if part.error_code:
        return _failed(search, look.answers.enter_refusal(answer, int(part.error_code)))
    return fill.told(search, asked_ms, int(part.offset), int(part.timestamp))


def _failed(search: fill.Search, answer: int) -> fill.Search:
    return msgspec.structs.replace(search, failed=answer)
