"""One look at a cluster: what is asked of whom, in which order, under one deadline.

DescribeCluster and Metadata come first, from any broker that answers. Then every broker is asked at once, over one
pipelined connection: its groups with their members and commits (the broker that lists a group is its coordinator; those of
the last look are asked about in the same breath); its earliest offsets; its transactions. A broker works on one question of
a connection at a time: log directories and what is forwarded to the controller go over connections of their own.
End offsets are asked after the commits came in, so that lag is never negative, and configs, which are much work, behind
them. A broker that stays silent costs the others nothing but the wait for its commits, which is bounded.

A broker that is cut off answers too, from what it knew before. Where most brokers tell of other live ones than the one that was
asked first, all is asked again of those: else the table of brokers says that all is well.

Where the table of brokers is not wanted and the rights of this principal are known from a look not long ago, Metadata
alone says who is live: one request less.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

import msgspec

from kastellan.engine.requests import TableRequests, merge_requests, request_tables, tables_of
from kastellan.kernel.deadline import Deadline
from kastellan.model.answer_log import AnswerLog
from kastellan.model.table import Table
from kastellan.sources.kafka.ask import (
    access,
    brokers,
    configs,
    log_dirs,
    offsets,
    producers,
    resources,
    times,
    topics,
    transactions,
    views,
)
from kastellan.sources.kafka.collect_session import CollectSession
from kastellan.sources.kafka.decode_cache import DecodeCache
from kastellan.sources.kafka.fill import brokers as fill_brokers
from kastellan.sources.kafka.kafka_answers import KafkaAnswers
from kastellan.wire.kafka.client import Cluster


class Seen(msgspec.Struct, frozen=True):
    """The tables of one collection and the id of the cluster, as far as anybody told it."""

    tables: Mapping[str, Table]
    cluster_id: str | None


async def look_at(
    cluster: Cluster,
    memory: DecodeCache,
    requests: TableRequests,
    log: AnswerLog,
    deadline: Deadline,
    controllers: Cluster | None = None,
) -> Seen:
    """Whatever came in before the deadline."""
    started = time.monotonic()
    # What lags is known by other tables, which are then asked for and not shown.
    shown, answers = tables_of(requests), KafkaAnswers(log)
    more = merge_requests(requests, request_tables(*times.NEEDED)) if "commit_times" in shown else requests
    look = CollectSession(cluster, memory, more, answers, deadline, controllers)
    believed = await _looked(look)
    if not believed and deadline.remaining_s() > time.monotonic() - started:
        answers.withdraw()
        look = CollectSession(cluster, memory, more, answers, deadline, controllers)
        await _looked(look)
    return Seen({name: table for name, table in look.tables.items() if name in shown}, look.cluster_id)


async def _looked(look: CollectSession) -> bool:
    """Ask everything once; returns whether the broker that told who is there is no odd one out."""
    registry = await _who_and_what(look)
    await asyncio.gather(
        brokers.handshakes(look),
        brokers.quorum(look),
        views.views(look),
        topics.reassignments(look),
        topics.eligible(look),
        log_dirs.log_dirs(look),
        configs.configs(look),
        offsets.groups_and_offsets(look),
        transactions.transactions(look),
        access.access(look),
        resources.resources(look),
        producers.producers(look),
    )
    await times.times(look)
    look.put(fill_brokers.brokers(registry, (*look.nodes, *look.dead), look.asking.met))
    topics.judge_sight(look)
    odd = views.odd(look)
    look.memory.reached = {node: met.reached and node not in odd for node, met in look.asking.met.items()}
    return registry.nodes is None or look.answers[registry.answer].peer.broker not in odd


async def _who_and_what(look: CollectSession) -> fill_brokers.Registry:
    """The brokers, and the topics when they are wanted; sets who is asked."""
    wants_topics = look.wants(*topics.TABLES)
    known = look.memory.rights
    if known is not None and wants_topics and not look.wants("brokers"):
        look.rights = known
        found = await topics.topics(look)
        if found is not None:
            _ask_live(look, found)
            return found
    registry = await brokers.registry(look)
    _ask_live(look, registry)
    if wants_topics:
        await topics.topics(look)
    return registry


def _ask_live(look: CollectSession, registry: fill_brokers.Registry) -> None:
    live = fill_brokers.live(registry)
    look.nodes = tuple(each for each in look.cluster.nodes if live is None or each in live)
