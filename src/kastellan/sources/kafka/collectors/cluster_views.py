"""What each broker tells of the cluster, asked of every one, also of those that the controller has fenced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from kastellan.model.tables.cluster_views import ClusterViews
from kastellan.sources.kafka.collect_session import CollectSession
from kastellan.sources.kafka.collector import Collector, Flow
from kastellan.sources.kafka.requester import Request, Response
from kastellan.wire.kafka import requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.requests import RequestSpec

COLLECTOR = Collector(fills=(ClusterViews,))


async def collect(session: CollectSession, _: Flow) -> Iterable[object]:
    """One row per broker: one small request to each."""
    spec, nodes = RequestSpec(Api.DESCRIBE_CLUSTER, requests.describe_cluster), session.cluster.nodes
    batch = [Request(node, spec, deadline=session.patience(node)) for node in nodes]
    responses = await session.requester.ask_all(batch, session.deadline)
    return (ClusterViews.of_rows(_row(node, response) for node, response in zip(nodes, responses, strict=True)),)


def odd_brokers(views: ClusterViews | None) -> frozenset[int]:
    """The brokers that hold others for live than most brokers do; none where no view is that of most, or there are no views."""
    live_of = {} if views is None else dict(views.df.select("broker", "live").drop_nulls().iter_rows())
    common, count = Counter(live_of.values()).most_common(1)[0] if live_of else ("", 0)
    return frozenset(broker for broker, live in live_of.items() if live != common) if 2 * count > len(live_of) else frozenset()


def _row(node: int, response: Response) -> dict[str, Any]:
    live = None
    if response.value is not None:
        live = ",".join(map(str, sorted(broker.broker_id for broker in response.value.brokers)))
    return {"broker": node, "live": live, "answer": response.answer}
