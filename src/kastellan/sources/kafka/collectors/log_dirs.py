"""Log directories with the replicas in them, over a connection of their own: a sick disk can hold the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Final

import msgspec
import polars as pl

from kastellan.kernel.outcome import State
from kastellan.model.tables.log_dirs import LogDirs
from kastellan.model.tables.replica_sizes import ReplicaSizes
from kastellan.sources.kafka.answer_columns import stack_columns
from kastellan.sources.kafka.codes import error_name
from kastellan.sources.kafka.collect_session import CollectSession
from kastellan.sources.kafka.collector import Collector, Flow
from kastellan.sources.kafka.decode_cache import DecodeCache
from kastellan.sources.kafka.requester import Decoder, Request, Response
from kastellan.sources.kafka.run_lengths import RunLengthText
from kastellan.sources.kafka.topology import TopicMetadata
from kastellan.wire.kafka import requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.requests import RequestSpec

COLLECTOR = Collector(
    fills=(LogDirs, ReplicaSizes),
    uses=(TopicMetadata,),
    # What log directories hold and Metadata leaves out is hidden from this principal.
    needs_for={ReplicaSizes: (TopicMetadata,)},
)

_LANE: Final = "log dirs"
_DESCRIBE_LOG_DIRS: Final = RequestSpec(Api.DESCRIBE_LOG_DIRS, requests.describe_log_dirs)

_ONLINE: Final = {0: True, 56: False}
"""No error, and KAFKA_STORAGE_ERROR: other errors do not say how the directory is."""

_NOTHING: Final[dict[str, Any]] = {}
_SIZES: Final = {name: dtype for name, dtype in ReplicaSizes.schema().items() if name not in {"broker", "answer"}}
_PLACEHOLDER: Final = pl.DataFrame([pl.Series(name, [None], dtype=dtype) for name, dtype in _SIZES.items()])


class BrokerDirs(msgspec.Struct, frozen=True):
    """What one broker said: its directories as rows, and the replicas in them."""

    dirs: tuple[dict[str, Any], ...]
    sizes: pl.DataFrame


async def collect(session: CollectSession, flow: Flow) -> Iterable[object]:
    """Both tables."""
    batch = [Request(node, _DESCRIBE_LOG_DIRS, Decoder(decode_dirs, ("log dirs", node))) for node in session.nodes]
    responses = await session.requester.ask_all(batch, session.deadline, channel=_LANE)
    dead = session.dead_brokers(await flow.find(TopicMetadata))
    silent = [(node, None, session.enter_not_live("DescribeLogDirs", node)) for node in dead]
    listed = [
        (node, _dirs_of(session, response), response.answer) for node, response in zip(session.nodes, responses, strict=True)
    ]
    return await asyncio.to_thread(log_dirs, [*listed, *silent], session.cache)


def _dirs_of(session: CollectSession, response: Response) -> BrokerDirs | None:
    """What the broker told of its directories. Every broker has one: before version 3, none is how it refuses."""
    if response.value is not None and not response.value.dirs:
        session.answers.grade(response.answer, State.DENIED, "it named no directory, which is how older brokers refuse")
        return None
    return response.value


def decode_dirs(entity: Any) -> BrokerDirs:  # noqa: ANN401
    """One DescribeLogDirs answer."""
    dirs = list[dict[str, Any]]()
    paths, topics, partitions = RunLengthText(), RunLengthText(), list[Any]()
    for result in entity.results:
        before = len(partitions)
        for topic in result.topics:
            topics.add(topic.name, len(topic.partitions))
            partitions += topic.partitions
        of_dir = partitions[before:]
        paths.add(result.log_dir, len(of_dir))
        dirs.append(_row(result, sum([partition.partition_size for partition in of_dir])))
    columns = {
        "path": paths.series(),
        "topic": topics.series(),
        "partition": pl.Series([partition.partition_index for partition in partitions], dtype=pl.Int32),
        "size_bytes": pl.Series([partition.partition_size for partition in partitions], dtype=pl.Int64),
        "offset_lag_records": pl.Series([partition.offset_lag for partition in partitions], dtype=pl.Int64),
        "future": pl.Series([partition.is_future_key for partition in partitions], dtype=pl.Boolean),
    }
    return BrokerDirs(tuple(dirs), pl.DataFrame(columns))


def log_dirs(brokers: Iterable[tuple[int, BrokerDirs | None, int]], cache: DecodeCache) -> tuple[LogDirs, ReplicaSizes]:
    """Both tables from (broker, its directories or None, its Answer); a broker that did not tell has a placeholder in each."""
    listed, dirs = list(brokers), list[dict[str, Any]]()
    for broker, of_broker, answer in listed:
        rows = (_NOTHING,) if of_broker is None else of_broker.dirs
        dirs += [{"broker": broker, **row, "answer": answer} for row in rows]
    parts = [_PLACEHOLDER if of_broker is None else of_broker.sizes for _, of_broker, _ in listed]
    stack = stack_columns("sizes", parts, _SIZES, cache)
    sizes = stack.rows.with_columns(
        stack.spread([broker for broker, _, _ in listed]).rename("broker"),
        stack.spread([answer for _, _, answer in listed]).rename("answer"),
    )
    return LogDirs.of_rows(dirs), ReplicaSizes(sizes.select(*ReplicaSizes.schema()))


def _row(result: Any, replica_bytes: int) -> dict[str, Any]:  # noqa: ANN401
    total, usable = getattr(result, "total_bytes", -1), getattr(result, "usable_bytes", -1)
    return {
        "path": result.log_dir,
        "online": _ONLINE.get(int(result.error_code)),
        "error": error_name(result.error_code),
        "total_bytes": total if total >= 0 else None,
        "usable_bytes": usable if usable >= 0 else None,
        "replica_bytes": replica_bytes if not result.error_code else None,
    }
