"""What DescribeConfigs and ListConfigResources say, as far as several collectors read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from kastellan.sources.kafka.collect_session import CollectSession, binding
from kastellan.sources.kafka.requester import Response
from kastellan.wire.kafka import requests
from kastellan.wire.kafka.access_requests import list_config_resources
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.requests import RequestSpec

SOURCES: Final = {1: "topic", 2: "broker", 3: "cluster", 4: "static", 5: "default", 6: "logger", 7: "client-metrics", 8: "group"}
"""Where a value was set, by the code in DescribeConfigs."""


async def list_resources(session: CollectSession, kind: int, lowest: int) -> tuple[Response, list[str]]:
    """The names of the resources of this kind that have configs."""
    spec = RequestSpec(Api.LIST_CONFIG_RESOURCES, lambda version: list_config_resources(version, (kind,)), lowest=lowest)
    response = await session.ask_any(spec)
    listed: Sequence[Any] = () if response.value is None else response.value.config_resources
    return response, sorted(resource.resource_name for resource in listed if getattr(resource, "resource_type", kind) == kind)


async def describe_resources(session: CollectSession, kind: int, names: Sequence[str]) -> Response:
    """Every config of these resources, as any broker tells it."""
    build = binding(requests.describe_configs, {(kind, name): None for name in names})
    return await session.ask_any(RequestSpec(Api.DESCRIBE_CONFIGS, build))
