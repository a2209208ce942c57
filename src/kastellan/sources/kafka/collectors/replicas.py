"""Replicas, by Metadata; and which of them are eligible leaders out of sync, by DescribeTopicPartitions (KIP-966)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import polars as pl

from kastellan.model.tables.features import Features
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.replicas import Replicas
from kastellan.sources.kafka.collect_session import CollectSession, binding
from kastellan.sources.kafka.collector import Collector, Flow
from kastellan.sources.kafka.topology import TopicMetadata
from kastellan.wire.kafka import requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.requests import RequestSpec

COLLECTOR = Collector(fills=(Replicas,), needs=(Partitions, TopicMetadata, Features))

_FEATURE: Final = "eligible.leader.replicas.version"
_MOST_PAGES: Final = 5


async def collect(session: CollectSession, flow: Flow) -> Iterable[object]:
    """The table; only partitions that are not fully in sync can have eligible leaders, and only those are asked about."""
    partitions, metadata = await flow.get(Partitions), await flow.find(TopicMetadata)
    if metadata is None:
        return (Replicas.empty().with_unseen(partitions.unseen),)
    replicas = Replicas(metadata.topology.replicas.with_columns(pl.lit(metadata.answer, pl.Int32).alias("answer")))
    features = await flow.find(Features)
    levels = {feature.feature: feature.finalized_level for feature in features.rows} if features is not None else {}
    if not levels.get(_FEATURE):
        return (replicas,)
    names = replicas.df.filter(~pl.col("in_sync"))["topic"].unique().sort().to_list()
    pages = await _ask_pages(session, names) if names else []
    return (replicas if pages is None else with_eligible(replicas, pages),)


async def _ask_pages(session: CollectSession, names: list[str]) -> list[Any] | None:
    """All pages of the description, or None when there are too many or one of them did not come."""
    pages, cursor = list[Any](), None
    for _ in range(_MOST_PAGES):
        build = binding(requests.describe_topic_partitions, names, cursor=cursor)
        response = await session.ask_any(RequestSpec(Api.DESCRIBE_TOPIC_PARTITIONS, build))
        if response.value is None:
            return None
        pages.append(response.value)
        if response.value.next_cursor is None:
            return pages
        cursor = (response.value.next_cursor.topic_name, response.value.next_cursor.partition_index)
    return None


def with_eligible(replicas: Replicas, pages: Iterable[Any]) -> Replicas:
    """The replicas with their membership of the eligible leader replicas and of the last known ones.

    For partitions that are fully in sync the answer is no without asking.
    """
    listed = list(pages)
    frame = replicas.df
    for name, field in (("eligible", "eligible_leader_replicas"), ("last_known_eligible", "last_known_elr")):
        rows = [
            (topic.name, partition.partition_index, broker)
            for page in listed
            for topic in page.topics
            for partition in topic.partitions
            for broker in getattr(partition, field) or ()
        ]
        members = pl.DataFrame(rows, schema={"topic": pl.String, "partition": pl.Int32, "broker": pl.Int32}, orient="row")
        frame = frame.drop(name).join(
            members.with_columns(pl.lit(value=True).alias(name)), on=["topic", "partition", "broker"], how="left",
            maintain_order="left",
        )  # fmt: skip
    filled = (pl.col(name).fill_null(value=False) for name in ("eligible", "last_known_eligible"))
    return Replicas(frame.with_columns(*filled), replicas.unseen)
