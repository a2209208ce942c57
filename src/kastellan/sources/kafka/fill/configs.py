"""DescribeConfigs to topic and broker configs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
import polars as pl

from kastellan.engine.needs import ALL
from kastellan.model.config_secrets import without_secrets
from kastellan.model.table import Unseen
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.sources.kafka.decode_cache import DecodeCache
from kastellan.sources.kafka.fill.pieces import CODE, answer_column, stacked
from kastellan.sources.kafka.fill.runs import Runs
from kastellan.sources.kafka.kafka_answers import KafkaAnswers
from kastellan.wire.kafka.requests import BROKER_RESOURCE

SOURCES: Final = {1: "topic", 2: "broker", 3: "cluster", 4: "static", 5: "default", 6: "logger", 7: "client-metrics", 8: "group"}


_OF_TOPICS: Final = {"name": pl.String, "config": pl.String, "value": pl.String, "source": pl.String}
_NO_MESSAGES: Final[Mapping[int, str | None]] = {}
_OF_BROKERS: Final = {**_OF_TOPICS, "seen": pl.Boolean, "sensitive": pl.Boolean, "read_only": pl.Boolean}


class Piece(msgspec.Struct, frozen=True):
    """The rows of one resource type in one answer; `messages` are what the broker said beside error codes."""

    rows: pl.DataFrame
    messages: Mapping[int, str | None]


class Told(msgspec.Struct, frozen=True):
    """What one DescribeConfigs answer was turned into (None when none came), its Answer, and the resources asked for."""

    piece: Piece | None
    answer: int
    asked: Sequence[str]


def pieces(entity: Any, keys: Mapping[int, Sequence[str]]) -> dict[int, Piece]:  # noqa: ANN401
    """One answer by resource type, with the keys that were wanted of each."""
    return {
        kind: _piece([each for each in entity.results if each.resource_type == kind], wanted, of_brokers=kind == BROKER_RESOURCE)
        for kind, wanted in keys.items()
    }


def _piece(results: Sequence[Any], keys: Sequence[str], *, of_brokers: bool) -> Piece:
    """Rows by resource and key; a key that this broker's version does not have is seen to be absent."""
    names, messages = Runs(), dict[int, str | None]()
    configs, entries, seen, numbers = list[str | None](), list[Any](), list[bool | None](), list[int]()
    for each in results:
        code = int(each.error_code)
        told = {} if code else {config.name: config for config in each.configs}
        listed = _listed(keys, told)
        names.add(each.resource_name, len(listed))
        configs += listed
        numbers += [code] * len(listed)
        if code:
            messages.setdefault(code, each.error_message)
            entries += [None] * len(listed)
            seen += [None] * len(listed)
        else:
            found = [told.get(key) for key in listed]
            entries += found
            seen += [None if config is not None and config.is_sensitive else True for config in found]
    columns = {
        "name": names.series(),
        "config": pl.Series(configs, dtype=pl.String),
        "value": pl.Series([_kept(each) if of_brokers else _told(each) for each in entries], dtype=pl.String),
        "source": pl.Series([None if each is None else SOURCES.get(each.config_source) for each in entries], dtype=pl.String),
        "seen": pl.Series(seen, dtype=pl.Boolean),
        CODE: pl.Series(numbers, dtype=pl.Int16),
    }
    if of_brokers:
        columns["sensitive"] = pl.Series([None if each is None else each.is_sensitive for each in entries], dtype=pl.Boolean)
        columns["read_only"] = pl.Series([None if each is None else each.read_only for each in entries], dtype=pl.Boolean)
    return Piece(pl.DataFrame(columns), messages)


def _told(entry: Any | None) -> str | None:  # noqa: ANN401
    return None if entry is None or entry.is_sensitive else entry.value


def _kept(entry: Any | None) -> str | None:  # noqa: ANN401
    """What a broker told, but for secrets that it should not have told."""
    return None if entry is None else without_secrets(entry.name, _told(entry))


def _listed(keys: Sequence[str], told: Iterable[str] = ()) -> list[str | None]:
    """The keys that have a row: the wanted ones and, where all were wanted, those that were told; at least one."""
    if ALL not in keys:
        return list(keys)
    named: list[str | None] = list(dict.fromkeys((*told, *(each for each in keys if each != ALL))))
    return named or [None]


def _rows(
    told: Iterable[Told], keys: Sequence[str], answers: KafkaAnswers, schema: Mapping[str, Any], memory: DecodeCache
) -> pl.DataFrame:
    listed = list(told)
    pieces = [_untold(each.asked, keys) if each.piece is None else each.piece.rows for each in listed]
    messages = [_NO_MESSAGES if each.piece is None else each.piece.messages for each in listed]
    # What was wanted is part of the slot: the tables of topics and of brokers, and of all configs of some topics.
    stack = stacked(f"configs {','.join(schema)} {','.join(keys)}", pieces, schema, memory)
    return stack.rows.with_columns(answer_column(stack, [each.answer for each in listed], answers, messages))


def _untold(asked: Iterable[str], keys: Sequence[str]) -> pl.DataFrame:
    names, listed, of_all = Runs(), _listed(keys), list[str | None]()
    for name in asked:
        names.add(name, len(listed))
        of_all += listed
    return pl.DataFrame({"name": names.series(), "config": pl.Series(of_all, dtype=pl.String)})


def topic_configs(
    told: Iterable[Told], keys: Sequence[str], unseen: tuple[Unseen, ...], answers: KafkaAnswers, memory: DecodeCache
) -> TopicConfigs:
    """One row per topic and wanted key."""
    rows = _rows(told, keys, answers, _OF_TOPICS, memory).rename({"name": "topic"})
    return TopicConfigs(rows.select(*TopicConfigs.schema()), unseen)


def with_whole(table: TopicConfigs, told: Told, answers: KafkaAnswers, memory: DecodeCache) -> TopicConfigs:
    """The table in which every config of the topics that were asked for stands in place of the wanted ones."""
    whole = topic_configs([told], (ALL,), table.unseen, answers, memory)
    return TopicConfigs(pl.concat([table.df.filter(~pl.col("topic").is_in(list(told.asked))), whole.df]), table.unseen)


def broker_configs(told: Iterable[Told], keys: Sequence[str], answers: KafkaAnswers, memory: DecodeCache) -> BrokerConfigs:
    """One row per broker and wanted key; resources are broker ids as text."""
    rows = _rows(told, keys, answers, _OF_BROKERS, memory).with_columns(pl.col("name").cast(pl.Int32).alias("broker"))
    return BrokerConfigs(rows.select(*BrokerConfigs.schema()))
