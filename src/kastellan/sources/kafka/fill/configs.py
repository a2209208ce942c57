"""DescribeConfigs to topic and broker configs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from kastellan.model.table import Unseen
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.sources.kafka.book import Book
from kastellan.sources.kafka.fill.runs import Runs

_SOURCES: Final = {1: "topic", 2: "broker", 3: "cluster", 4: "static", 5: "default", 6: "logger", 7: "client-metrics", 8: "group"}


class Told(msgspec.Struct, frozen=True):
    """One DescribeConfigs answer (None when none came), its Answer, and the resources it was asked for."""

    entity: Any | None
    answer: int
    asked: Sequence[str]


class _Columns:
    """Rows of (resource, wanted key), complete whatever was told."""

    def __init__(self, keys: Sequence[str], book: Book) -> None:
        self._keys = keys
        self._book = book
        self.names = Runs()
        self.keys: list[str] = []
        self.values: list[str | None] = []
        self.sources: list[str | None] = []
        self.seen: list[bool | None] = []
        self.answers: list[int] = []

    def unseen(self, name: str, answer: int) -> None:
        count = len(self._keys)
        self.names.add(name, count)
        self.keys += self._keys
        self.values += [None] * count
        self.sources += [None] * count
        self.seen += [None] * count
        self.answers += [answer] * count

    def take(self, told: Iterable[Told]) -> _Columns:
        for each in told:
            if each.entity is None:
                for name in each.asked:
                    self.unseen(name, each.answer)
                continue
            for result in each.entity.results:
                if result.error_code:
                    self.unseen(result.resource_name, self._book.refused(each.answer, result.error_code, result.error_message))
                else:
                    self._seen(result, each.answer)
        return self

    def _seen(self, result: Any, answer: int) -> None:  # noqa: ANN401
        told = {each.name: each for each in result.configs}
        self.names.add(result.resource_name, len(self._keys))
        for key in self._keys:
            each = told.get(key)
            # A key that this broker's version does not have is seen to be absent.
            self.keys.append(key)
            self.values.append(None if each is None or each.is_sensitive else each.value)
            self.sources.append(None if each is None else _SOURCES.get(each.config_source))
            self.seen.append(None if each is not None and each.is_sensitive else True)
            self.answers.append(answer)


def topic_configs(told: Iterable[Told], keys: Sequence[str], unseen: tuple[Unseen, ...], book: Book) -> TopicConfigs:
    """One row per topic and wanted key."""
    rows = _Columns(keys, book).take(told)
    columns = {
        "topic": rows.names.series(),
        "config": rows.keys,
        "value": rows.values,
        "source": rows.sources,
        "answer": rows.answers,
    }
    return TopicConfigs.of(columns, unseen)


def broker_configs(told: Iterable[Told], keys: Sequence[str], book: Book) -> BrokerConfigs:
    """One row per broker and wanted key; resources are broker ids as text."""
    rows = _Columns(keys, book).take(told)
    columns = {
        "broker": rows.names.series().cast(int),
        "config": rows.keys,
        "value": rows.values,
        "source": rows.sources,
        "seen": rows.seen,
    }
    return BrokerConfigs.of({**columns, "answer": rows.answers})
