"""Configs of what is neither a topic nor a broker: log levels, groups, client metrics subscriptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
import polars as pl

from kastellan.model.tables.broker_loggers import BrokerLoggers
from kastellan.model.tables.client_metrics import ClientMetrics
from kastellan.model.tables.group_configs import GroupConfigs
from kastellan.sources.kafka.fill.configs import SOURCES
from kastellan.sources.kafka.fill.pieces import joined
from kastellan.sources.kafka.kafka_answers import KafkaAnswers

_KEYS: Final = {"interval.ms": "interval_ms", "metrics": "metrics", "match": "match"}


class Loggers(msgspec.Struct, frozen=True):
    """What one broker told of its loggers: names and levels, or the error code with its words."""

    rows: pl.DataFrame
    code: int
    message: str | None


def loggers(entity: Any) -> Loggers:  # noqa: ANN401
    """One answer about one broker's loggers."""
    (result,) = entity.results
    columns = {"logger": [each.name for each in result.configs], "level": [each.value for each in result.configs]}
    rows = pl.DataFrame(columns, schema={"logger": pl.String, "level": pl.String})
    return Loggers(rows, int(result.error_code), result.error_message)


def broker_loggers(told: Iterable[tuple[int, Loggers | None, int]], answers: KafkaAnswers) -> BrokerLoggers:
    """From (broker, its loggers or None, its Answer); a broker that did not tell has a placeholder."""
    parts = list[pl.DataFrame]()
    for broker, of_broker, answer in told:
        if of_broker is None or of_broker.code:
            whose = answer if of_broker is None else answers.enter_refusal(answer, of_broker.code, of_broker.message)
            parts.append(BrokerLoggers.of_rows([{"broker": broker, "answer": whose}]).df)
        else:
            both = (pl.lit(broker, pl.Int32).alias("broker"), pl.lit(answer, pl.Int32).alias("answer"))
            parts.append(of_broker.rows.with_columns(*both))
    return BrokerLoggers(joined(parts, BrokerLoggers.schema()))


def group_configs(entity: Any, answer: int, answers: KafkaAnswers) -> GroupConfigs:  # noqa: ANN401
    """One row per group and key; a group that was refused has a placeholder."""
    rows = list[dict[str, Any]]()
    for result in entity.results:
        if result.error_code:
            whose = answers.enter_refusal(answer, int(result.error_code), result.error_message)
            rows.append({"group": result.resource_name, "answer": whose})
            continue
        rows += [
            {
                "group": result.resource_name,
                "config": each.name,
                "value": None if each.is_sensitive else each.value,
                "source": SOURCES.get(each.config_source),
                "answer": answer,
            }
            for each in result.configs
        ]
    return GroupConfigs.of_rows(rows)


def client_metrics(names: Sequence[str], entity: Any | None, answer: int, answers: KafkaAnswers) -> ClientMetrics:  # noqa: ANN401
    """One row per listed subscription; null where its configs were not told."""
    rows = {name: {"subscription": name, "answer": answer} for name in names}
    for result in () if entity is None else entity.results:
        if result.error_code:
            rows[result.resource_name]["answer"] = answers.enter_refusal(answer, int(result.error_code), result.error_message)
        else:
            rows[result.resource_name].update(_values(result.configs))
    return ClientMetrics.of_rows(rows.values())


def _values(configs: Iterable[Any]) -> Mapping[str, Any]:
    told = {_KEYS[each.name]: each.value or "" for each in configs if each.name in _KEYS}
    interval = told.pop("interval_ms", "")
    return {**told, "interval_ms": int(interval) if interval.isdecimal() else None}
