"""Running reassignments, from the active controller."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kastellan.model.table import Unseen
from kastellan.model.tables.reassignments import Reassignments
from kastellan.sources.kafka.collect_session import CollectSession
from kastellan.sources.kafka.collector import Collector, Flow
from kastellan.wire.kafka import requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.requests import RequestSpec

COLLECTOR = Collector(fills=(Reassignments,))


async def collect(session: CollectSession, _: Flow) -> Iterable[object]:
    """One row per replica that comes or goes."""
    spec = RequestSpec(Api.LIST_PARTITION_REASSIGNMENTS, requests.list_partition_reassignments)
    response = await session.ask_controller(spec)
    if response.value is None:
        return (Reassignments.empty().with_unseen((Unseen(response.answer, "topic"),)),)
    return (reassignments(response.value.topics, response.answer),)


def reassignments(topics: Iterable[Any], answer: int) -> Reassignments:
    """The table of one answer."""
    return Reassignments.of_rows(
        {"topic": topic.name, "partition": partition.partition_index, "broker": broker, "adding": adding, "answer": answer}
        for topic in topics
        for partition in topic.partitions
        for brokers, adding in ((partition.adding_replicas, True), (partition.removing_replicas, False))
        for broker in brokers
    )
