"""Topics, partitions, replicas and leaders as one Metadata answer tells them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, repeat
from typing import Any

import msgspec
import polars as pl

from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.replicas import Replicas
from kastellan.model.tables.topics import Topics
from kastellan.sources.kafka.codes import error_name
from kastellan.sources.kafka.requester import Decoder, Response
from kastellan.sources.kafka.run_lengths import RunLengthText
from kastellan.wire.kafka import requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.metadata_head import Listed, metadata_head
from kastellan.wire.kafka.reply import Reply
from kastellan.wire.kafka.requests import RequestSpec

METADATA = RequestSpec(Api.METADATA, requests.metadata, lowest=5)


class Topology(msgspec.Struct, frozen=True):
    """What one Metadata answer says of topics, without the Answer."""

    topics: pl.DataFrame
    partitions: pl.DataFrame
    replicas: pl.DataFrame
    leaders: Mapping[int, Mapping[str, Sequence[int]]]
    """Partitions by leader and topic: whom to ask for offsets."""

    leaderless: int
    names: tuple[str, ...]


class TopicMetadata(msgspec.Struct, frozen=True):
    """A Metadata answer: the topology, the brokers at its head, the id of the cluster, and its Answer.

    The topology is the same object as long as the brokers tell the same of topics.
    """

    topology: Topology
    brokers: tuple[Any, ...]
    cluster_id: str | None
    answer: int


class _Decoded(msgspec.Struct, frozen=True):
    topology: Topology
    brokers: tuple[Any, ...]
    cluster_id: str | None


class MetadataRequest:
    """One Metadata request: the brokers at the head of its answers differ where the topics do not."""

    def __init__(self) -> None:
        self._head: tuple[tuple[Listed, ...], str | None] | None = None
        self.decoder = Decoder(_decode, "metadata", self._topics_at)

    def metadata_of(self, response: Response) -> TopicMetadata | None:
        """What a response to this request says; None where it says nothing."""
        decoded: _Decoded | None = response.value
        if decoded is None:
            return None
        brokers, cluster_id = self._head or (decoded.brokers, decoded.cluster_id)
        return TopicMetadata(decoded.topology, tuple(brokers), cluster_id, response.answer)

    def _topics_at(self, reply: Reply) -> int | None:
        head = metadata_head(reply.version, reply.data)
        self._head = (tuple(head.brokers), head.cluster_id) if head is not None else None
        return head.topics_at if head is not None else None


def _decode(entity: Any) -> _Decoded:  # noqa: ANN401
    return _Decoded(topology_of(entity.topics), tuple(entity.brokers), entity.cluster_id)


def topology_of(answer_topics: Iterable[Any]) -> Topology:
    """The topics in a Metadata answer (any version from 5 on)."""
    listed = list(answer_topics)
    leaders = _leaders(listed)
    leaderless = sum(map(len, leaders.pop(-1, {}).values()))
    parts = list(chain.from_iterable(topic.partitions for topic in listed))
    return Topology(
        _topics(listed),
        _partitions(listed, parts),
        _replicas(listed, parts),
        leaders,
        leaderless,
        tuple(topic.name for topic in listed),
    )


def _leaders(listed: list[Any]) -> dict[int, dict[str, list[int]]]:
    leaders: dict[int, dict[str, list[int]]] = {}
    for topic in listed:
        for part in topic.partitions:
            leaders.setdefault(part.leader_id, {}).setdefault(topic.name, []).append(part.partition_index)
    return leaders


def _topics(listed: list[Any]) -> pl.DataFrame:
    columns = {
        "topic": [topic.name for topic in listed],
        "topic_id": [topic.topic_id.hex if getattr(topic, "topic_id", None) else None for topic in listed],
        "internal": [topic.is_internal for topic in listed],
        "error": [error_name(topic.error_code) or "" for topic in listed],
    }
    return _frame(columns, Topics.schema())


def _partitions(listed: list[Any], parts: list[Any]) -> pl.DataFrame:
    names = RunLengthText()
    for topic in listed:
        names.add(topic.name, len(topic.partitions))
    columns = {
        "topic": names.series(),
        "partition": [part.partition_index for part in parts],
        "leader": [part.leader_id for part in parts],
        "leader_epoch": [getattr(part, "leader_epoch", None) for part in parts],
        "error": [error_name(part.error_code) or "" for part in parts],
    }
    return _frame(columns, Partitions.schema())


def _replicas(listed: list[Any], parts: list[Any]) -> pl.DataFrame:
    names = RunLengthText()
    for topic in listed:
        names.add(topic.name, sum([len(part.replica_nodes) for part in topic.partitions]))
    columns = {
        "topic": names.series(),
        "partition": list(chain.from_iterable(repeat(part.partition_index, len(part.replica_nodes)) for part in parts)),
        "broker": list(chain.from_iterable(part.replica_nodes for part in parts)),
        "position": list(chain.from_iterable(range(len(part.replica_nodes)) for part in parts)),
        "in_sync": [broker in part.isr_nodes for part in parts for broker in part.replica_nodes],
        "offline": [broker in part.offline_replicas for part in parts for broker in part.replica_nodes],
    }
    schema = Replicas.schema()
    unknown = (pl.lit(None, schema[name]).alias(name) for name in ("eligible", "last_known_eligible"))
    return _frame(columns, schema).with_columns(*unknown)


def _frame(columns: Mapping[str, Any], schema: Mapping[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([pl.Series(name, values, dtype=schema[name]) for name, values in columns.items()])
