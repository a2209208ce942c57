"""What each broker tells of the cluster, asked of every one, also of those that the controller has fenced."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from kastellan.model.tables.cluster_views import ClusterViews
from kastellan.sources.kafka.asking import Got
from kastellan.sources.kafka.looking import Looking
from kastellan.wire.kafka import requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.requests import Choose

_FENCED_S: Final = 1.0
"""How long a broker that the controller has fenced may take: mostly it is dead."""
_FENCED_SHARE: Final = 0.6


async def views(look: Looking) -> None:
    """The table of views: one small question to every broker."""
    if not look.wants("cluster_views"):
        return
    wanted = Choose(Api.DESCRIBE_CLUSTER, requests.describe_cluster)
    fenced = [node for node in look.cluster.nodes if node not in look.nodes]
    moment = look.part_of_time(_FENCED_SHARE).within(_FENCED_S)
    live = [look.ask(node, wanted) for node in look.nodes]
    told = await asyncio.gather(*live, *(look.ask(node, wanted, moment) for node in fenced))
    rows = [_row(node, got) for node, got in zip((*look.nodes, *fenced), told, strict=True)]
    look.put(ClusterViews.of_rows(rows))


def _row(node: int, got: Got) -> dict[str, Any]:
    live = None if got.value is None else ",".join(map(str, sorted(each.broker_id for each in got.value.brokers)))
    return {"broker": node, "live": live, "answer": got.answer}
