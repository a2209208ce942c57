"""Client quotas, as any broker tells them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kastellan.model.tables.commits import Commits
from kastellan.model.tables.quotas import DEFAULT, Quotas
from kastellan.sources.kafka.access_answers import table_of
from kastellan.sources.kafka.collect_session import CollectSession
from kastellan.sources.kafka.collector import Collector, Flow
from kastellan.sources.kafka.collectors.offsets import EndsArriving
from kastellan.wire.kafka import access_requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.requests import RequestSpec

COLLECTOR = Collector(fills=(Quotas,), after=(Commits, EndsArriving))


async def collect(session: CollectSession, _: Flow) -> Iterable[object]:
    """One row per entity and quota."""
    response = await session.ask_any(RequestSpec(Api.DESCRIBE_CLIENT_QUOTAS, access_requests.describe_client_quotas))
    return (table_of(session, Quotas, response, lambda entity: quotas(entity, response.answer)),)


def quotas(entity: Any, answer: int) -> Quotas:  # noqa: ANN401
    """The table of one answer."""
    rows = list[dict[str, Any]]()
    for entry in entity.entries or ():
        parts = {part.entity_type: DEFAULT if part.entity_name is None else part.entity_name for part in entry.entity}
        named = {
            "entity": ",".join(f"{kind}={parts[kind]}" for kind in sorted(parts, key=_place)),
            "user": parts.get("user", ""),
            "client_id": parts.get("client-id", ""),
            "ip": parts.get("ip", ""),
        }
        rows += [{**named, "quota": value.key, "value": value.value, "answer": answer} for value in entry.values]
    return Quotas.of_rows(rows)


def _place(kind: str) -> tuple[int, str]:
    """The user comes before the client, as Kafka's own tools have it."""
    order = ("user", "client-id", "ip")
    return (order.index(kind) if kind in order else len(order), kind)
