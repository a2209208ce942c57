"""One collection from a cluster: who is there first, then all collectors, under one deadline.

DescribeCluster and Metadata come first, from any broker that answers. Then every broker is asked at once, over one
pipelined connection: its groups with their members and commits (the broker that lists a group is its coordinator; the groups of
the last collection are asked about in the same batch); its earliest offsets; its transactions. A broker works on one request of
a connection at a time: log directories and what is forwarded to the controller go over connections of their own.
End offsets are asked after the commits came in, so that lag is never negative, and configs, which are much work, behind
them. A broker that stays silent costs the others nothing but the wait for its commits, which is bounded.

A broker that is cut off answers too, from what it knew before. Where most brokers tell of other live ones than the one that was
asked first, all is asked again of those: else the table of brokers says that all is well.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import cast

import msgspec

from kastellan.engine.requests import TableRequests, tables_of
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.outcome import State
from kastellan.model.answer_log import AnswerLog
from kastellan.model.catalogue import all_tables
from kastellan.model.table import Table, Unseen
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.cluster_views import ClusterViews
from kastellan.sources.kafka.cluster_members import find_members
from kastellan.sources.kafka.collect_session import CollectSession
from kastellan.sources.kafka.collector import all_collectors, run_collectors, wanted_outputs
from kastellan.sources.kafka.collectors.cluster_views import odd_brokers
from kastellan.sources.kafka.decode_cache import DecodeCache
from kastellan.sources.kafka.kafka_answers import KafkaAnswers
from kastellan.sources.kafka.requester import Requester
from kastellan.sources.kafka.topology import TopicMetadata
from kastellan.wire.kafka.client import Cluster

_OF_TOPICS = frozenset({"topics", "partitions", "replicas", "offsets", "last_stable_offsets", "topic_configs"})
"""Tables from which topics are missing that are hidden from this principal."""


class TablesOfCluster(msgspec.Struct, frozen=True):
    """The tables of one collection and the id of the cluster, as far as anybody told it."""

    tables: Mapping[str, Table]
    cluster_id: str | None


class _Attempt(msgspec.Struct, frozen=True):
    tables: Mapping[str, Table]
    cluster_id: str | None
    odd_one_out: bool
    """The broker that told who is there holds others for live than most brokers do."""


async def collect_tables(
    cluster: Cluster,
    cache: DecodeCache,
    requests: TableRequests,
    log: AnswerLog,
    deadline: Deadline,
    controllers: Cluster | None = None,
) -> TablesOfCluster:
    """The requested tables with whatever came in before the deadline."""
    started_s, answers = time.monotonic(), KafkaAnswers(log)
    attempt = await _collect_once(cluster, cache, requests, answers, deadline, controllers)
    if attempt.odd_one_out and deadline.remaining_s() > time.monotonic() - started_s:
        answers.withdraw()
        attempt = await _collect_once(cluster, cache, requests, answers, deadline, controllers)
    return TablesOfCluster(attempt.tables, attempt.cluster_id)


async def _collect_once(
    cluster: Cluster,
    cache: DecodeCache,
    requests: TableRequests,
    answers: KafkaAnswers,
    deadline: Deadline,
    controllers: Cluster | None,
) -> _Attempt:
    requested, collectors = tables_of(requests), all_collectors()
    wanted = wanted_outputs(collectors, (all_tables()[name] for name in requested))
    requester = Requester(cluster, answers, cache)
    by_metadata = TopicMetadata in wanted and Brokers not in wanted
    session = CollectSession(
        cluster=cluster,
        controllers=controllers,
        cache=cache,
        requester=requester,
        answers=answers,
        deadline=deadline,
        requests=requests,
        requested=requested,
        wanted=wanted,
        members=await find_members(cluster, requester, cache, deadline, by_metadata=by_metadata),
    )
    outputs = await run_collectors(session, collectors)
    odd = odd_brokers(cast("ClusterViews | None", outputs.get(ClusterViews)))
    cache.reached = {node: contact.reached and node not in odd for node, contact in requester.contacts.items()}
    metadata = cast("TopicMetadata | None", outputs.get(TopicMetadata))
    tables = {kind.name: table for kind, table in outputs.items() if isinstance(table, Table) and issubclass(kind, Table)}
    tables = _mark_hidden_topics(session, tables)
    return _Attempt(
        {name: table for name, table in tables.items() if name in requested},
        session.members.cluster_id or (metadata.cluster_id if metadata is not None else None),
        odd_one_out=session.members.registered is not None and answers[session.members.answer].peer.broker in odd,
    )


def _mark_hidden_topics(session: CollectSession, tables: dict[str, Table]) -> dict[str, Table]:
    """Log directories need no right on topics: what they hold and Metadata leaves out is hidden from us."""
    sizes, topics = tables.get("replica_sizes"), tables.get("topics")
    if sizes is None or topics is None or session.has_full_rights or not topics.df.height:
        return tables
    hidden = sizes.df.select("topic").drop_nulls().unique().join(topics.df.select("topic"), on="topic", how="anti").height
    if not hidden:
        return tables
    answer = int(topics.df["answer"][0])
    session.answers.grade(answer, State.VISIBLE_ONLY, f"at least {hidden} topics are hidden from this principal")
    unseen = Unseen(answer, "topic")
    return {name: table.with_unseen((*table.unseen, unseen)) if name in _OF_TOPICS else table for name, table in tables.items()}
