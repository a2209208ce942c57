"""Log directories with the replicas in them, asked over a connection of their own: a sick disk can hold the answer."""

from __future__ import annotations

import asyncio
from typing import Final

from kastellan.kernel.outcome import State
from kastellan.sources.kafka.collect_session import CollectSession
from kastellan.sources.kafka.fill import log_dirs as fill
from kastellan.sources.kafka.requester import Ask, Got, Turn
from kastellan.wire.kafka import requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.requests import RequestSpec

_LANE: Final = "log dirs"
_WANTED: Final = RequestSpec(Api.DESCRIBE_LOG_DIRS, requests.describe_log_dirs)


async def log_dirs(look: CollectSession) -> None:
    """Log directories and replica sizes."""
    if not look.wants("log_dirs", "replica_sizes"):
        return
    told = await look.all([Ask(node, _WANTED, Turn(fill.piece, ("log dirs", node))) for node in look.nodes], lane=_LANE)
    silent = [(node, None, look.not_live("DescribeLogDirs", node)) for node in look.dead]
    rows = [(node, _seen(look, each), each.answer) for node, each in zip(look.nodes, told, strict=True)]
    look.put(*await asyncio.to_thread(fill.log_dirs, [*rows, *silent], look.memory))


def _seen(look: CollectSession, got: Got) -> fill.Piece | None:
    """What the broker told of its directories. Every broker has one: before version 3, none is how it refuses."""
    if got.value is not None and not got.value.dirs:
        look.answers.grade(got.answer, State.DENIED, "it named no directory, which is how older brokers refuse")
        return None
    return got.value
