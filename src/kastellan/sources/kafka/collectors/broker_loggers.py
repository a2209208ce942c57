"""The log levels of every broker's loggers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import polars as pl

from kastellan.model.tables.broker_loggers import BrokerLoggers
from kastellan.model.tables.commits import Commits
from kastellan.sources.kafka.answer_columns import concat_columns
from kastellan.sources.kafka.collect_session import CollectSession, binding
from kastellan.sources.kafka.collector import Collector, Flow
from kastellan.sources.kafka.collectors.offsets import EndsArriving
from kastellan.sources.kafka.kafka_answers import KafkaAnswers
from kastellan.sources.kafka.requester import Decoder, Request
from kastellan.sources.kafka.topology import TopicMetadata
from kastellan.wire.kafka import requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.requests import BROKER_LOGGER_RESOURCE, RequestSpec

COLLECTOR = Collector(fills=(BrokerLoggers,), uses=(TopicMetadata,), after=(Commits, EndsArriving))


class Loggers(msgspec.Struct, frozen=True):
    """What one broker told of its loggers: names and levels, or the error code with its words."""

    rows: pl.DataFrame
    code: int
    message: str | None


async def collect(session: CollectSession, flow: Flow) -> Iterable[object]:
    """One row per broker and logger."""
    responses = await session.requester.ask_all([_request(node) for node in session.nodes], session.deadline)
    loggers = [(node, response.value, response.answer) for node, response in zip(session.nodes, responses, strict=True)]
    dead = session.dead_brokers(await flow.find(TopicMetadata))
    silent = [(node, None, session.enter_not_live("DescribeConfigs", node)) for node in dead]
    return (broker_loggers([*loggers, *silent], session.answers),)


def _request(node: int) -> Request:
    build = binding(requests.describe_configs, {(BROKER_LOGGER_RESOURCE, str(node)): None})
    return Request(node, RequestSpec(Api.DESCRIBE_CONFIGS, build), Decoder(decode_loggers, ("loggers", node)))


def decode_loggers(entity: Any) -> Loggers:  # noqa: ANN401
    """One answer about one broker's loggers."""
    (result,) = entity.results
    columns = {"logger": [config.name for config in result.configs], "level": [config.value for config in result.configs]}
    rows = pl.DataFrame(columns, schema={"logger": pl.String, "level": pl.String})
    return Loggers(rows, int(result.error_code), result.error_message)


def broker_loggers(brokers: Iterable[tuple[int, Loggers | None, int]], answers: KafkaAnswers) -> BrokerLoggers:
    """From (broker, its loggers or None, its Answer); a broker that did not tell has a placeholder."""
    parts = list[pl.DataFrame]()
    for broker, loggers, answer in brokers:
        if loggers is None or loggers.code:
            refusal = answer if loggers is None else answers.enter_refusal(answer, loggers.code, loggers.message)
            parts.append(BrokerLoggers.of_rows([{"broker": broker, "answer": refusal}]).df)
        else:
            both = (pl.lit(broker, pl.Int32).alias("broker"), pl.lit(answer, pl.Int32).alias("answer"))
            parts.append(loggers.rows.with_columns(*both))
    return BrokerLoggers(concat_columns(parts, BrokerLoggers.schema()))
