"""DescribeLogDirs to log directories and replica sizes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec
import polars as pl

from kastellan.model.tables.log_dirs import LogDirs
from kastellan.model.tables.replica_sizes import ReplicaSizes
from kastellan.sources.kafka.codes import error_name
from kastellan.sources.kafka.decode_cache import DecodeCache
from kastellan.sources.kafka.fill.pieces import stacked
from kastellan.sources.kafka.fill.runs import Runs

_ONLINE: Final = {0: True, 56: False}
"""No error, and KAFKA_STORAGE_ERROR: other errors do not say how the directory is."""

_UNTOLD: Final[dict[str, Any]] = {}
_SIZES: Final = {name: dtype for name, dtype in ReplicaSizes.schema().items() if name not in {"broker", "answer"}}
_PLACEHOLDER: Final = pl.DataFrame([pl.Series(name, [None], dtype=dtype) for name, dtype in _SIZES.items()])


class Piece(msgspec.Struct, frozen=True):
    """What one broker said: its directories as rows, and the replicas in them."""

    dirs: tuple[dict[str, Any], ...]
    sizes: pl.DataFrame


def piece(entity: Any) -> Piece:  # noqa: ANN401
    """One DescribeLogDirs answer."""
    dirs = list[dict[str, Any]]()
    paths, topics, parts = Runs(), Runs(), list[Any]()
    for each in entity.results:
        before = len(parts)
        for topic in each.topics:
            topics.add(topic.name, len(topic.partitions))
            parts += topic.partitions
        of_dir = parts[before:]
        paths.add(each.log_dir, len(of_dir))
        dirs.append(_row(each, sum([part.partition_size for part in of_dir])))
    columns = {
        "path": paths.series(),
        "topic": topics.series(),
        "partition": pl.Series([part.partition_index for part in parts], dtype=pl.Int32),
        "size_bytes": pl.Series([part.partition_size for part in parts], dtype=pl.Int64),
        "offset_lag_records": pl.Series([part.offset_lag for part in parts], dtype=pl.Int64),
        "future": pl.Series([part.is_future_key for part in parts], dtype=pl.Boolean),
    }
    return Piece(tuple(dirs), pl.DataFrame(columns))


def log_dirs(told: Iterable[tuple[int, Piece | None, int]], memory: DecodeCache) -> tuple[LogDirs, ReplicaSizes]:
    """Both tables from (broker, piece or None, its Answer); a broker that did not tell has a placeholder in each."""
    listed, dirs = list(told), list[dict[str, Any]]()
    for broker, of_broker, answer in listed:
        of_dirs = (_UNTOLD,) if of_broker is None else of_broker.dirs
        dirs += [{"broker": broker, **each, "answer": answer} for each in of_dirs]
    stack = stacked("sizes", [_PLACEHOLDER if piece is None else piece.sizes for _, piece, _ in listed], _SIZES, memory)
    sizes = stack.rows.with_columns(
        stack.told([broker for broker, _, _ in listed]).rename("broker"),
        stack.told([answer for _, _, answer in listed]).rename("answer"),
    )
    return LogDirs.of_rows(dirs), ReplicaSizes(sizes.select(*ReplicaSizes.schema()))


def _row(each: Any, replica_bytes: int) -> dict[str, Any]:  # noqa: ANN401
    total, usable = getattr(each, "total_bytes", -1), getattr(each, "usable_bytes", -1)
    return {
        "path": each.log_dir,
        "online": _ONLINE.get(int(each.error_code)),
        "error": error_name(each.error_code),
        "total_bytes": total if total >= 0 else None,
        "usable_bytes": usable if usable >= 0 else None,
        "replica_bytes": replica_bytes if not each.error_code else None,
    }
