"""Configs of what is neither a topic nor a broker: log levels, groups, client metrics subscriptions."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from kastellan.model.table import Unseen
from kastellan.model.tables.broker_loggers import BrokerLoggers
from kastellan.model.tables.client_metrics import ClientMetrics
from kastellan.model.tables.group_configs import GroupConfigs
from kastellan.sources.kafka.collect_session import CollectSession, binding
from kastellan.sources.kafka.fill import resources as fill
from kastellan.sources.kafka.requester import Got, Turn
from kastellan.wire.kafka import requests
from kastellan.wire.kafka.access_requests import list_config_resources
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.requests import (
    BROKER_LOGGER_RESOURCE,
    CLIENT_METRICS_RESOURCE,
    GROUP_RESOURCE,
    RequestSpec,
)

_LISTS_GROUPS: Final = 1
"""From this version of ListConfigResources on it lists more than client metrics subscriptions (KIP-1142)."""


async def resources(look: CollectSession) -> None:
    """Each of the three tables that is wanted."""
    wanted = [ask for table, ask in _ASK.items() if look.wants(table)]
    if wanted:
        await look.behind_the_ends()
        await asyncio.gather(*(ask(look) for ask in wanted))


async def _loggers(look: CollectSession) -> None:
    async def ask(node: int) -> Got:
        build = binding(requests.describe_configs, {(BROKER_LOGGER_RESOURCE, str(node)): None})
        return await look.ask(node, RequestSpec(Api.DESCRIBE_CONFIGS, build), turn=Turn(fill.loggers, ("loggers", node)))

    told = [(node, got.value, got.answer) for node, got in await look.each(ask)]
    silent = [(node, None, look.not_live("DescribeConfigs", node)) for node in look.dead]
    look.put(fill.broker_loggers([*told, *silent], look.answers))


async def _client_metrics(look: CollectSession) -> None:
    got, names = await _listed(look, CLIENT_METRICS_RESOURCE, lowest=0)
    if got.value is None:
        look.put(ClientMetrics.empty().with_unseen((Unseen(got.answer, "subscription"),)))
    elif not names:
        look.put(ClientMetrics.empty())
    else:
        told = await _configs(look, CLIENT_METRICS_RESOURCE, names)
        look.put(fill.client_metrics(names, told.value, told.answer, look.answers))


async def _group_configs(look: CollectSession) -> None:
    got, names = await _listed(look, GROUP_RESOURCE, lowest=_LISTS_GROUPS)
    if got.value is None:
        look.put(GroupConfigs.empty().with_unseen((Unseen(got.answer, "group"),)))
    elif not names:
        look.put(GroupConfigs.empty())
    else:
        told = await _configs(look, GROUP_RESOURCE, names)
        if told.value is None:
            look.put(GroupConfigs.of_rows({"group": name, "answer": told.answer} for name in names))
        else:
            look.put(fill.group_configs(told.value, told.answer, look.answers))


async def _listed(look: CollectSession, kind: int, lowest: int) -> tuple[Got, list[str]]:
    """The names of the resources of this kind that have configs."""
    got = await look.any(
        RequestSpec(Api.LIST_CONFIG_RESOURCES, lambda version: list_config_resources(version, (kind,)), lowest=lowest)
    )
    listed: Sequence[Any] = () if got.value is None else got.value.config_resources
    return got, sorted(each.resource_name for each in listed if getattr(each, "resource_type", kind) == kind)


async def _configs(look: CollectSession, kind: int, names: Sequence[str]) -> Got:
    build = binding(requests.describe_configs, {(kind, name): None for name in names})
    return await look.any(RequestSpec(Api.DESCRIBE_CONFIGS, build))


_ASK: Final = {BrokerLoggers.name: _loggers, ClientMetrics.name: _client_metrics, GroupConfigs.name: _group_configs}
