"""Where the logs of partitions begin, asked at once: it does not move while commits come in."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from kastellan.sources.kafka.collect_session import CollectSession
from kastellan.sources.kafka.collector import Collector, Flow
from kastellan.sources.kafka.offset_columns import OffsetColumn, OffsetKind, ask_offsets
from kastellan.sources.kafka.topology import TopicMetadata
from kastellan.wire.kafka import requests


class EarliestOffsets(msgspec.Struct, frozen=True):
    """The earliest offset of every partition."""

    column: OffsetColumn


COLLECTOR = Collector(gives=(EarliestOffsets,), needs=(TopicMetadata,))


async def collect(session: CollectSession, flow: Flow) -> Iterable[object]:
    """The column."""
    (column,) = await ask_offsets(session, await flow.find(TopicMetadata), [OffsetKind("earliest", requests.EARLIEST)])
    return (EarliestOffsets(column),)
