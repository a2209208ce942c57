"""Client metrics subscriptions (KIP-714), as any broker tells them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from kastellan.model.table import Unseen
from kastellan.model.tables.client_metrics import ClientMetrics
from kastellan.model.tables.commits import Commits
from kastellan.sources.kafka.collect_session import CollectSession
from kastellan.sources.kafka.collector import Collector, Flow
from kastellan.sources.kafka.collectors.offsets import EndsArriving
from kastellan.sources.kafka.config_entries import describe_resources, list_resources
from kastellan.sources.kafka.kafka_answers import KafkaAnswers
from kastellan.wire.kafka.requests import CLIENT_METRICS_RESOURCE

COLLECTOR = Collector(fills=(ClientMetrics,), after=(Commits, EndsArriving))

_COLUMNS: Final = {"interval.ms": "interval_ms", "metrics": "metrics", "match": "match"}


async def collect(session: CollectSession, _: Flow) -> Iterable[object]:
    """One row per subscription; null where its configs were not told."""
    listed, names = await list_resources(session, CLIENT_METRICS_RESOURCE, lowest=0)
    if listed.value is None:
        return (ClientMetrics.empty().with_unseen((Unseen(listed.answer, "subscription"),)),)
    if not names:
        return (ClientMetrics.empty(),)
    response = await describe_resources(session, CLIENT_METRICS_RESOURCE, names)
    return (client_metrics(names, response.value, response.answer, session.answers),)


def client_metrics(names: Sequence[str], entity: Any | None, answer: int, answers: KafkaAnswers) -> ClientMetrics:  # noqa: ANN401
    """The table from the listed names and the description, if one came."""
    rows: dict[str, dict[str, Any]] = {name: {"subscription": name, "answer": answer} for name in names}
    for result in () if entity is None else entity.results:
        if result.error_code:
            refusal = answers.enter_refusal(answer, int(result.error_code), result.error_message)
            rows[result.resource_name]["answer"] = refusal
        else:
            rows[result.resource_name].update(_values(result.configs))
    return ClientMetrics.of_rows(rows.values())


def _values(configs: Iterable[Any]) -> Mapping[str, Any]:
    values = {_COLUMNS[config.name]: config.value or "" for config in configs if config.name in _COLUMNS}
    interval = values.pop("interval_ms", "")
    return {**values, "interval_ms": int(interval) if interval.isdecimal() else None}
