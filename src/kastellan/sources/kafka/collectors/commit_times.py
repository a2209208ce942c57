"""When the next record of each lagging partition was written, asked of the leaders, all partitions of a leader at once.

Only for the groups that are requested by name (all where none is), and for the partitions that lag most.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeAlias

import msgspec
import polars as pl

from kastellan.engine.requests import members_of
from kastellan.model.tables.commit_times import CommitTimes
from kastellan.model.tables.commits import Commits
from kastellan.model.tables.offsets import Offsets
from kastellan.model.tables.partitions import Partitions
from kastellan.sources.kafka.collect_session import CollectSession, binding
from kastellan.sources.kafka.collector import Collector, Flow
from kastellan.sources.kafka.timestamp_search import Search, advance, next_ms, start_search
from kastellan.wire.kafka import requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.requests import RequestSpec

COLLECTOR = Collector(fills=(CommitTimes,), needs=(Commits, Offsets, Partitions))

_MOST: Final = 5_000
"""Partitions at most: what lags less is not asked for."""

_TELLS_OFFSET: Final = 1
"""From this version of ListOffsets on one record is named, with its timestamp."""

_Place: TypeAlias = tuple[str, int]
_Result: TypeAlias = tuple[Search, int]
"""A search that ended, and the Answer that ended it."""


async def collect(session: CollectSession, flow: Flow) -> Iterable[object]:
    """One row per commit whose record is looked for, and those of commits of which nobody knows whether they lag."""
    commits, offsets, partitions = await flow.get(Commits), await flow.get(Offsets), await flow.get(Partitions)
    named = _commits_of_groups(commits.df, requested_groups(session))
    leaders = _leaders(partitions.df)
    by_leader: dict[int, list[Search]] = {}
    for search in _lagging(named, offsets.df):
        by_leader.setdefault(leaders[search.topic, search.partition], []).append(search)
    layers = {(node, number): layer for node, searches in by_leader.items() for number, layer in enumerate(_layers(searches))}
    ended = await session.run_each(layers, lambda place: _ask_leader(session, place[0], layers[place]))
    unseen = tuple(dict.fromkeys(part for table in (commits, offsets, partitions) for part in table.unseen))
    rows = [time_row(search, answer) for results in ended for search, answer in results]
    return (CommitTimes.of_rows([*rows, *_undecided_rows(named, offsets.df).iter_rows(named=True)], unseen),)


def requested_groups(session: CollectSession) -> frozenset[str]:
    """The groups of which commit times are requested; empty where those of all are."""
    requests_here = [request for request in session.requests if request.table == CommitTimes.name]
    named = all(request.members for request in requests_here)
    return members_of(requests_here, CommitTimes.name) if named else frozenset()


def _commits_of_groups(commits: pl.DataFrame, groups: frozenset[str]) -> pl.DataFrame:
    return commits.filter(pl.col("group").is_in(list(groups))) if groups else commits


def _undecided_rows(commits: pl.DataFrame, offsets: pl.DataFrame) -> pl.DataFrame:
    """Commits of which nobody knows whether they lag: the commit or the ends of its partition could not be seen."""
    ends = offsets.select("topic", "partition", "earliest", "latest", ends_answer="answer")
    joined = commits.join(ends, on=["topic", "partition"], how="left")
    no_commit, no_ends = pl.col("committed").is_null(), pl.any_horizontal(pl.col("earliest", "latest").is_null())
    return joined.filter(no_commit | no_ends).select(
        *("group", "topic", "partition", "committed"), answer=pl.when(no_commit).then("answer").otherwise("ends_answer")
    )


def _lagging(commits: pl.DataFrame, offsets: pl.DataFrame) -> list[Search]:
    """A search for each commit that lags and whose next record is still there."""
    lagging = (
        commits.select("group", "topic", "partition", "committed")
        .join(offsets.drop("answer"), on=["topic", "partition"], how="inner")
        .filter((pl.col("committed") >= pl.col("earliest")) & (pl.col("committed") < pl.col("latest")))
        .sort(pl.col("latest") - pl.col("committed"), descending=True)
        .head(_MOST)
    )
    now_ms = time.time_ns() // 1_000_000
    return [
        start_search(group=group, topic=topic, partition=partition, committed=committed, end=end, now_ms=now_ms)
        for group, topic, partition, committed, end in lagging.select(
            "group", "topic", "partition", "committed", "latest"
        ).iter_rows()
    ]


def _leaders(partitions: pl.DataFrame) -> dict[_Place, int]:
    rows = partitions.select("topic", "partition", "leader").iter_rows()
    return {(topic, partition): leader for topic, partition, leader in rows}


def _layers(searches: Iterable[Search]) -> list[list[Search]]:
    """A request names each partition once: groups that lag on the same one are asked about side by side."""
    layers: list[dict[_Place, Search]] = []
    for search in searches:
        place = search.topic, search.partition
        layer = next((layer for layer in layers if place not in layer), None)
        if layer is None:
            layers.append(layer := {})
        layer[place] = search
    return [list(layer.values()) for layer in layers]


async def _ask_leader(session: CollectSession, node: int, searches: Sequence[Search]) -> list[_Result]:
    """The searches in one leader's partitions, until all have ended or the leader fails."""
    if node not in session.nodes:
        answer = session.enter_not_live("ListOffsets", node)
        return [(_fail(search, answer), answer) for search in searches]
    running, ended = {(search.topic, search.partition): search for search in searches}, list[_Result]()
    while running:
        times_ms = {place: next_ms(search) for place, search in running.items()}
        spec = RequestSpec(Api.LIST_OFFSETS, binding(requests.list_offsets_at, times_ms), lowest=_TELLS_OFFSET)
        response = await session.requester.ask(node, spec, session.deadline)
        if response.value is None:
            return [*ended, *((_fail(search, response.answer), response.answer) for search in running.values())]
        for topic in response.value.topics:
            for partition in topic.partitions:
                place = (topic.name, partition.partition_index)
                if place not in running:
                    continue
                running[place] = after = _step(session, running[place], times_ms[place], partition, response.answer)
                if after.has_ended:
                    ended.append((running.pop(place), response.answer))
    return ended


def _step(session: CollectSession, search: Search, request_ms: int, partition: Any, answer: int) -> Search:  # noqa: ANN401
    if partition.error_code:
        return _fail(search, session.answers.enter_refusal(answer, int(partition.error_code)))
    return advance(search, request_ms, int(partition.offset), int(partition.timestamp))


def _fail(search: Search, answer: int) -> Search:
    return msgspec.structs.replace(search, failed=answer)


def time_row(search: Search, answer: int) -> dict[str, Any]:
    """The row of a search that ended, under the Answer that ended it."""
    head = {
        "group": search.group,
        "topic": search.topic,
        "partition": search.partition,
        "committed": search.committed,
        "rounds": search.rounds,
        "answer": answer if search.failed is None else search.failed,
    }
    if search.failed is not None:
        return head
    if search.record_ms is not None:
        return {**head, "written_ms": search.record_ms, "error_ms": 0, "method": "record"}
    if search.low_ms is None:
        return head
    middle_ms = (search.low_ms + search.high_ms) // 2
    return {**head, "written_ms": middle_ms, "error_ms": search.error_ms, "method": "bracket"}
