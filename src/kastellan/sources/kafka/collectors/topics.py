"""Topics and partitions, by Metadata; and the topology that whoever asks leaders goes by."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from kastellan.model.table import Unseen
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.topics import Topics
from kastellan.sources.kafka.cluster_members import learn_brokers
from kastellan.sources.kafka.collect_session import CollectSession
from kastellan.sources.kafka.collector import Collector, Flow, Stage
from kastellan.sources.kafka.topology import METADATA, MetadataRequest, TopicMetadata

COLLECTOR = Collector(fills=(Topics, Partitions), gives=(TopicMetadata,), stage=Stage.FIRST)


async def collect(session: CollectSession, _: Flow) -> Iterable[object]:
    """Both tables; where the answer told already who is there, it is not asked for again."""
    metadata = session.members.metadata
    if metadata is None:
        request = MetadataRequest()
        response = await session.ask_any(METADATA, request.decoder)
        metadata = request.metadata_of(response)
        if metadata is None:
            unseen = (Unseen(response.answer, "topic"),)
            return Topics.empty().with_unseen(unseen), Partitions.empty().with_unseen(unseen)
        learn_brokers(session.cluster, metadata)
    if not session.has_full_rights:
        session.grade_visible_only(metadata.answer, "topics")
    answer = pl.lit(metadata.answer, pl.Int32).alias("answer")
    topology = metadata.topology
    return Topics(topology.topics.with_columns(answer)), Partitions(topology.partitions.with_columns(answer)), metadata
