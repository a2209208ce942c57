"""Who a cluster consists of, read from what one of its nodes answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from kastellan.kernel.errors import Garbled
from kastellan.kernel.outcome import Outcome, State, Trouble
from kastellan.wire.kafka.api import Api, api_name
from kastellan.wire.kafka.codes import code_name
from kastellan.wire.kafka.endpoint import Endpoint
from kastellan.wire.kafka.reply import Reply, decode_reply
from kastellan.wire.kafka.requests import RequestSpec, describe_cluster, metadata
from kastellan.wire.kafka.schema import Entity
from kastellan.wire.kafka.trouble import Refusal
from kastellan.wire.kafka.versions import Ranges

BY_METADATA: Final = RequestSpec(Api.METADATA, lambda version: metadata(version, ()), lowest=2)
"""Who there is, asked of what does not offer DescribeCluster (Kafka before 2.8, services). Older answers name no cluster."""
_METADATA_SINCE: Final = "0.10.1"
_DESCRIBE_CLUSTER_SINCE: Final = "2.8"


class ClusterMembers(msgspec.Struct, frozen=True):
    """Who a cluster says it consists of, as one of its nodes told."""

    cluster_id: str
    controller_id: int
    """Without meaning on KRaft brokers, which name any broker: ask DescribeQuorum."""
    nodes: tuple[Endpoint, ...]
    racks: Mapping[int, str]
    fenced: frozenset[int]
    told_by: Endpoint


def brokers_of(answer: Entity) -> tuple[Endpoint, ...]:
    """The brokers that a decoded Metadata or DescribeCluster answer names."""
    return tuple(Endpoint(broker.host, int(broker.port), _node_id(broker), "broker") for broker in answer.brokers)


def _node_id(broker: Entity) -> int:
    return int(broker.broker_id if hasattr(broker, "broker_id") else broker.node_id)


def by_describe_cluster(*, controllers: bool) -> RequestSpec:
    """Who there is: brokers, those that are fenced too; or controllers, asked of one of them."""
    return RequestSpec(
        Api.DESCRIBE_CLUSTER,
        lambda version: describe_cluster(version, controllers=controllers, fenced=not controllers and version >= 2),
        lowest=1 if controllers else 0,
    )


def too_old(ranges: Ranges, address: Endpoint) -> Refusal:
    """Why nobody can be asked about the cluster: what the peer offers, which Kafka that is, and what Kastellan needs."""
    offered = ranges.get(Api.METADATA)
    versions = f"versions {offered[0]} to {offered[1]} of Metadata" if offered else "no Metadata"
    release = f", as Kafka before {_METADATA_SINCE} does" if offered and offered[1] < BY_METADATA.lowest else ""
    return Refusal(
        Trouble.UNSUPPORTED,
        f"{address.label} offers {versions} and no DescribeCluster{release}; Kastellan needs version {BY_METADATA.lowest} of "
        f"Metadata (Kafka {_METADATA_SINCE}) or DescribeCluster (Kafka {_DESCRIBE_CLUSTER_SINCE})",
        "give the address of a newer Kafka, or upgrade this one",
    )


def members_from(outcome: Outcome[Reply], address: Endpoint) -> Outcome[ClusterMembers]:
    """The members from an answer to DescribeCluster or Metadata; an error code in it is a refusal."""
    members: ClusterMembers | None = None
    state, trouble, reason = outcome.state, outcome.trouble, outcome.reason
    if outcome.value is not None:
        try:
            answer = decode_reply(outcome.value)
            members = _members(answer, address)
            code = int(getattr(answer, "error_code", 0))
            if code:
                members, state, trouble = None, State.FAILED, Trouble.REJECTED
                reason = f"{address.label} answered {api_name(outcome.value.api)} with {code_name(code)}"
        except Garbled as error:
            state, trouble, reason = State.FAILED, Trouble.GARBLED, error.message
    return Outcome(
        value=members,
        state=state,
        sent_ms=outcome.sent_ms,
        arrived_ms=outcome.arrived_ms,
        trouble=trouble,
        reason=reason,
        remedy=outcome.remedy,
        untried=outcome.untried,
        throttle_ms=outcome.throttle_ms,
    )


def _members(answer: Entity, address: Endpoint) -> ClusterMembers:
    role = "controller" if address.role == "controller" else "broker"
    nodes = tuple(Endpoint(broker.host, int(broker.port), _node_id(broker), role) for broker in answer.brokers)
    racks = {_node_id(broker): str(broker.rack) for broker in answer.brokers if broker.rack is not None}
    fenced = frozenset(_node_id(broker) for broker in answer.brokers if getattr(broker, "is_fenced", False))
    return ClusterMembers(str(answer.cluster_id or ""), int(answer.controller_id), nodes, racks, fenced, address)
