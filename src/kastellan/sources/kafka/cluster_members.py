"""Who is there: the registered brokers, which of them are live, and what this principal may do.

DescribeCluster tells it, from any broker that answers, or Metadata where nobody offers DescribeCluster. Where the table of
brokers is not requested and the rights are known from a collection not long ago, the Metadata answer that the topics need
anyway tells who is live: one request less.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from kastellan.kernel.deadline import Deadline
from kastellan.sources.kafka.decode_cache import DecodeCache
from kastellan.sources.kafka.requester import Requester
from kastellan.sources.kafka.topology import METADATA, MetadataRequest, TopicMetadata
from kastellan.wire.kafka import requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.client import Cluster
from kastellan.wire.kafka.members import brokers_of
from kastellan.wire.kafka.requests import RequestSpec

_TELLS_FENCED: Final = 2
"""From this version of DescribeCluster on fenced brokers can be asked for."""


class Members(msgspec.Struct, frozen=True, kw_only=True):
    """The brokers as one answer names them; `registered` is None when nobody told.

    Then no broker is known to be live, and none to be away: all that are known by address are asked.
    """

    registered: tuple[Any, ...] | None
    answer: int
    tells_fenced: bool = False
    live: tuple[int, ...] = ()
    """The brokers that are asked."""
    rights: int = 0
    """The operations that this principal may do on the cluster, as bits (KIP-430)."""
    cluster_id: str | None = None
    metadata: TopicMetadata | None = None
    """The Metadata answer, where it told who is there."""


async def find_members(
    cluster: Cluster, requester: Requester, cache: DecodeCache, deadline: Deadline, *, by_metadata: bool
) -> Members:
    """Who is there; `by_metadata` allows the answer about topics to tell it."""
    rights = cache.rights
    if by_metadata and rights is not None:
        request = MetadataRequest()
        metadata = request.metadata_of(await requester.ask_any(cluster.nodes, METADATA, deadline, decoder=request.decoder))
        if metadata is not None:
            return members_of_metadata(cluster, metadata, rights)
    return await _ask_registry(cluster, requester, cache, deadline)


def members_of_metadata(cluster: Cluster, metadata: TopicMetadata, rights: int) -> Members:
    """The live brokers that a Metadata answer names; the client learns their addresses."""
    learn_brokers(cluster, metadata)
    return Members(
        registered=metadata.brokers,
        answer=metadata.answer,
        live=_live(cluster, metadata.brokers),
        rights=rights,
        cluster_id=metadata.cluster_id,
        metadata=metadata,
    )


async def _ask_registry(cluster: Cluster, requester: Requester, cache: DecodeCache, deadline: Deadline) -> Members:
    spec = RequestSpec(
        Api.DESCRIBE_CLUSTER,
        lambda version: requests.describe_cluster(version, fenced=version >= _TELLS_FENCED, authorized_operations=True),
    )
    response = await requester.ask_any(cluster.nodes, spec, deadline)
    if response.value is None:
        spec = RequestSpec(Api.METADATA, lambda version: requests.metadata(version, ()))
        response = await requester.ask_any(cluster.nodes, spec, deadline)
    if response.value is None:
        return Members(registered=None, answer=response.answer, live=tuple(cluster.nodes))
    cluster.learn(brokers_of(response.value))
    rights = max(0, getattr(response.value, "cluster_authorized_operations", 0))
    cache.remember_rights(rights)
    registered = tuple(response.value.brokers)
    return Members(
        registered=registered,
        answer=response.answer,
        tells_fenced=any(hasattr(broker, "is_fenced") for broker in registered),
        live=_live(cluster, registered),
        rights=rights,
        cluster_id=response.value.cluster_id,
    )


def learn_brokers(cluster: Cluster, metadata: TopicMetadata) -> None:
    """Tell the client the addresses that a Metadata answer names."""
    cluster.learn(brokers_of(_Named(metadata.brokers)))


class _Named(msgspec.Struct, frozen=True):
    brokers: tuple[Any, ...]


def broker_id(node: Any) -> int:  # noqa: ANN401
    """The id of a broker in an answer to DescribeCluster or Metadata."""
    return int(node.broker_id if hasattr(node, "broker_id") else node.node_id)


def _live(cluster: Cluster, registered: tuple[Any, ...]) -> tuple[int, ...]:
    live = {broker_id(node) for node in registered if not getattr(node, "is_fenced", False)}
    return tuple(node for node in cluster.nodes if node in live)
