"""What each broker tells of the cluster, asked of every one, also of those that the controller has fenced."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from kastellan.model.tables.cluster_views import ClusterViews
from kastellan.sources.kafka.collect_session import CollectSession
from kastellan.sources.kafka.requester import Got
from kastellan.wire.kafka import requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.requests import RequestSpec


async def views(look: CollectSession) -> None:
    """The table of views: one small question to every broker."""
    if not look.wants("cluster_views"):
        return
    wanted, nodes = RequestSpec(Api.DESCRIBE_CLUSTER, requests.describe_cluster), look.cluster.nodes
    told = await asyncio.gather(*(look.ask(node, wanted, look.patience(node)) for node in nodes))
    look.put(ClusterViews.of_rows(_row(node, got) for node, got in zip(nodes, told, strict=True)))


def odd(look: CollectSession) -> frozenset[int]:
    """The brokers that hold others for live than most brokers do; none where no view is that of most, or views are not wanted."""
    table = look.tables.get("cluster_views")
    told = {} if table is None else dict(table.df.select("broker", "live").drop_nulls().iter_rows())
    most, count = Counter(told.values()).most_common(1)[0] if told else ("", 0)
    return frozenset(broker for broker, live in told.items() if live != most) if 2 * count > len(told) else frozenset()


def _row(node: int, got: Got) -> dict[str, Any]:
    live = None if got.value is None else ",".join(map(str, sorted(each.broker_id for each in got.value.brokers)))
    return {"broker": node, "live": live, "answer": got.answer}
