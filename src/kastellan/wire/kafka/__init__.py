"""The Kafka protocol: connections, requests, versions, answers. `client.Cluster` is the way in; its docstring shows how."""

from __future__ import annotations

from kastellan.wire.kafka.api import Api, api_name
from kastellan.wire.kafka.ask_each import ask_each
from kastellan.wire.kafka.client import Cluster, ClusterMembers, Reply, brokers_of, decode_reply
from kastellan.wire.kafka.costs import Cost, Costs
from kastellan.wire.kafka.decode import decode
from kastellan.wire.kafka.endpoint import Endpoint, parse_endpoints
from kastellan.wire.kafka.fan_out import fan_out
from kastellan.wire.kafka.packing import EncodedRequest
from kastellan.wire.kafka.requests import RequestSpec
from kastellan.wire.kafka.schema import Entity
from kastellan.wire.kafka.security import Security
from kastellan.wire.kafka.versions import choose

__all__ = [
    "Api",
    "Cluster",
    "ClusterMembers",
    "Cost",
    "Costs",
    "EncodedRequest",
    "Endpoint",
    "Entity",
    "Reply",
    "RequestSpec",
    "Security",
    "api_name",
    "ask_each",
    "brokers_of",
    "choose",
    "decode",
    "decode_reply",
    "fan_out",
    "parse_endpoints",
]
