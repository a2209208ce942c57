"""DescribeLogDirs to log directories and replica sizes."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any, Final

from kastellan.model.tables.log_dirs import LogDirs
from kastellan.model.tables.replica_sizes import ReplicaSizes
from kastellan.sources.kafka.book import Book
from kastellan.sources.kafka.codes import error_name
from kastellan.sources.kafka.fill.runs import Runs

_ONLINE: Final = {0: True, 56: False}
"""By error code: none, and KAFKA_STORAGE_ERROR. Any other says nothing about the directory."""


def log_dirs(told: Iterable[tuple[int, Any | None, int]], book: Book) -> tuple[LogDirs, ReplicaSizes]:
    """Both tables from (broker, entity or None, its Answer); a broker that did not tell has a placeholder in each."""
    dirs = list[dict[str, Any]]()
    paths, topics, parts = Runs(), Runs(), list[Any]()
    brokers, answers = list[int](), list[int]()
    silent = list[dict[str, Any]]()
    for broker, entity, answer in told:
        code = 0 if entity is None else getattr(entity, "error_code", 0)
        if entity is None or code:
            row = {"broker": broker, "answer": answer if entity is None else book.refused(answer, code)}
            dirs.append(row)
            silent.append(row)
            continue
        for each in entity.results:
            of_dir = list(chain.from_iterable(topic.partitions for topic in each.topics))
            dirs.append(_row(broker, each, sum(part.partition_size for part in of_dir), answer))
            paths.add(each.log_dir, len(of_dir))
            for topic in each.topics:
                topics.add(topic.name, len(topic.partitions))
            parts += of_dir
            brokers += [broker] * len(of_dir)
            answers += [answer] * len(of_dir)
    sizes = ReplicaSizes.of(
        {
            "broker": brokers,
            "path": paths.series(),
            "topic": topics.series(),
            "partition": [part.partition_index for part in parts],
            "size_bytes": [part.partition_size for part in parts],
            "offset_lag_records": [part.offset_lag for part in parts],
            "future": [part.is_future_key for part in parts],
            "answer": answers,
        }
    )
    if silent:
        sizes = ReplicaSizes(sizes.df.vstack(ReplicaSizes.of_rows(silent).df))
    return LogDirs.of_rows(dirs), sizes


def _row(broker: int, each: Any, replica_bytes: int, answer: int) -> dict[str, Any]:  # noqa: ANN401
    total, usable = getattr(each, "total_bytes", -1), getattr(each, "usable_bytes", -1)
    return {
        "broker": broker,
        "path": each.log_dir,
        "online": _ONLINE.get(int(each.error_code)),
        "error": error_name(each.error_code),
        "total_bytes": total if total >= 0 else None,
        "usable_bytes": usable if usable >= 0 else None,
        "replica_bytes": replica_bytes if not each.error_code else None,
        "answer": answer,
    }
