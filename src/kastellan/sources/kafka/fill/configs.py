"""DescribeConfigs to topic and broker configs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
import polars as pl

from kastellan.model.table import Unseen
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.sources.kafka.book import Book
from kastellan.sources.kafka.fill.pieces import CODE, answered, joined
from kastellan.sources.kafka.fill.runs import Runs

_SOURCES: Final = {1: "topic", 2: "broker", 3: "cluster", 4: "static", 5: "default", 6: "logger", 7: "client-metrics", 8: "group"}
_NOT_HERE: Final = (None, None, True)
"""A key that this broker's version does not have is seen to be absent."""


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
        kind: _piece([each for each in entity.results if each.resource_type == kind], wanted) for kind, wanted in keys.items()
    }


def _piece(results: Sequence[Any], keys: Sequence[str]) -> Piece:
    names, messages = Runs(), dict[int, str | None]()
    values, sources, seen = list[str | None](), list[str | None](), list[bool | None]()
    numbers: list[int] = []
    for each in results:
        code = int(each.error_code)
        names.add(each.resource_name, len(keys))
        numbers += [code] * len(keys)
        if code:
            messages.setdefault(code, each.error_message)
        told = {} if code else {config.name: _told(config) for config in each.configs}
        for key in keys:
            value, source, was_seen = (None, None, None) if code else told.get(key, _NOT_HERE)
            values.append(value)
            sources.append(source)
            seen.append(was_seen)
    columns = {
        "name": names.series(),
        "config": pl.Series(list(keys) * len(results), dtype=pl.String),
        "value": pl.Series(values, dtype=pl.String),
        "source": pl.Series(sources, dtype=pl.String),
        "seen": pl.Series(seen, dtype=pl.Boolean),
        CODE: pl.Series(numbers, dtype=pl.Int16),
    }
    return Piece(pl.DataFrame(columns), messages)


def _told(config: Any) -> tuple[str | None, str | None, bool | None]:  # noqa: ANN401
    source = _SOURCES.get(config.config_source)
    return (None, source, None) if config.is_sensitive else (config.value, source, True)


def _rows(told: Iterable[Told], keys: Sequence[str], book: Book) -> pl.DataFrame:
    schema = {"name": pl.String, "config": pl.String, "value": pl.String, "source": pl.String, "seen": pl.Boolean}
    parts = list[pl.DataFrame]()
    for each in told:
        if each.piece is None:
            names = Runs()
            for name in each.asked:
                names.add(name, len(keys))
            untold = pl.DataFrame({"name": names.series(), "config": pl.Series(list(keys) * len(each.asked), dtype=pl.String)})
            nothing = (pl.lit(None, schema[name]).alias(name) for name in ("value", "source", "seen"))
            parts.append(untold.with_columns(*nothing, pl.lit(each.answer, pl.Int32).alias("answer")))
        else:
            parts.append(answered(each.piece.rows, each.answer, book, each.piece.messages))
    return joined(parts, {**schema, "answer": pl.Int32})


def topic_configs(told: Iterable[Told], keys: Sequence[str], unseen: tuple[Unseen, ...], book: Book) -> TopicConfigs:
    """One row per topic and wanted key."""
    rows = _rows(told, keys, book).rename({"name": "topic"})
    return TopicConfigs(rows.select(*TopicConfigs.schema()), unseen)


def broker_configs(told: Iterable[Told], keys: Sequence[str], book: Book) -> BrokerConfigs:
    """One row per broker and wanted key; resources are broker ids as text."""
    rows = _rows(told, keys, book).with_columns(pl.col("name").cast(pl.Int32).alias("broker"))
    return BrokerConfigs(rows.select(*BrokerConfigs.schema()))
