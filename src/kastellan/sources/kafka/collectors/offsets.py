"""Begin, end and last stable offset of partitions: the ends after the commits came in, so that lag is never negative."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import msgspec

from kastellan.model.table import Frame
from kastellan.model.tables.commits import Commits
from kastellan.model.tables.last_stable_offsets import LastStableOffsets
from kastellan.model.tables.offsets import Offsets
from kastellan.model.tables.partitions import Partitions
from kastellan.sources.kafka.collect_session import NO_LEADER, CollectSession
from kastellan.sources.kafka.collector import Collector, Flow
from kastellan.sources.kafka.collectors.earliest_offsets import EarliestOffsets
from kastellan.sources.kafka.offset_columns import OffsetColumn, OffsetKind, ask_offsets, join_columns
from kastellan.sources.kafka.topology import TopicMetadata
from kastellan.wire.kafka import requests


class EndsArriving(msgspec.Struct, frozen=True):
    """End offsets begin to come in: what nobody waits for lets commits and ends go first."""


COLLECTOR = Collector(
    fills=(Offsets, LastStableOffsets),
    gives=(EndsArriving,),
    needs=(Partitions, TopicMetadata),
    needs_for={Offsets: (EarliestOffsets,)},
    uses=(Commits,),
)

_LATEST = OffsetKind("latest", requests.LATEST)
_LAST_STABLE = OffsetKind("last_stable", requests.LATEST, requests.READ_COMMITTED)


async def collect(session: CollectSession, flow: Flow) -> Iterable[object]:
    """Both tables, or the one that is wanted. The collector of groups bounds the wait for a silent coordinator."""
    await flow.find(Commits)
    partitions, metadata = await flow.get(Partitions), await flow.find(TopicMetadata)
    nobody = 0
    if metadata is not None and metadata.topology.leaderless:
        nobody = session.answers.enter_unsent("ListOffsets", NO_LEADER, "nobody leads them")
    wanted = [kind for kind, table in ((_LATEST, Offsets), (_LAST_STABLE, LastStableOffsets)) if session.wants(table)]
    ends = await ask_offsets(session, metadata, wanted, lambda: flow.publish(EndsArriving()))
    flow.publish(EndsArriving())
    columns = {column.name: column for column in ends}
    order = partitions.df if metadata is None else metadata.topology.partitions

    async def table(kind: type[Frame], *of: OffsetColumn) -> Frame:
        frame = await asyncio.to_thread(join_columns, order, session.cache, of, nobody)
        return kind(frame, partitions.unseen)

    tables = list[Frame]()
    if session.wants(Offsets):
        tables.append(await table(Offsets, (await flow.get(EarliestOffsets)).column, columns[_LATEST.name]))
    if session.wants(LastStableOffsets):
        tables.append(await table(LastStableOffsets, columns[_LAST_STABLE.name]))
    return tables
