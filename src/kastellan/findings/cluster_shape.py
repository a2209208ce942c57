"""Say how large a cluster is and what it runs, as far as a snapshot shows."""

from __future__ import annotations

from bisect import bisect_right

import polars as pl

from kastellan.engine.needs import Need
from kastellan.engine.resolver import Resolver
from kastellan.kernel.outcome import State
from kastellan.model.report import KRAFT, ZOOKEEPER, Shape
from kastellan.model.snapshot import Snapshot
from kastellan.model.tables.api_versions import ApiVersions
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.features import Features
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.quorum import Quorum
from kastellan.model.tables.quorum_nodes import QuorumNodes
from kastellan.model.tables.topics import Topics
from kastellan.reference.releases import ReleaseData, version_of
from kastellan.views.broker_releases import BrokerReleases
from kastellan.views.catalogue import all_views

_LEADER_AND_ISR = 4
"""The request's number; brokers of a KRaft cluster do not offer it (KIP-500)."""


def cluster_shape(snapshot: Snapshot, releases: ReleaseData) -> Shape:
    """Counts of what was enumerated; None for what was not."""
    brokers, topics, partitions = snapshot.table(Brokers), snapshot.table(Topics), snapshot.table(Partitions)
    groups, nodes = snapshot.table(Groups), snapshot.table(QuorumNodes)
    voters = [row for row in nodes.rows if row.voter] if nodes else []
    quorum = snapshot.table(Quorum)
    members = [row for row in brokers.rows if row.registered is not False] if brokers else []
    return Shape(
        kafka=_kafka(snapshot, releases),
        mode=KRAFT if voters or (quorum and any(row.leader is not None for row in quorum.rows)) else _zookeeper(snapshot),
        brokers=len(members) if brokers else None,
        brokers_answered=sum(member.reached is True for member in members) if brokers else None,
        controllers=len(voters) or None,
        topics=topics.df.height if topics and (topics.df.height or _all_answered(snapshot, topics)) else None,
        partitions=partitions.df.height if partitions and not (partitions.unseen and not partitions.df.height) else None,
        groups=groups.df.height if groups and not (groups.unseen and not groups.df.height) else None,
    )


def _zookeeper(snapshot: Snapshot) -> str | None:
    """ZooKeeper where a broker offers LeaderAndIsr, which only the controller of such a cluster sends; else not seen."""
    versions = snapshot.table(ApiVersions)
    offered = (
        versions is not None
        and versions.df.filter((pl.col("api_key") == _LEADER_AND_ISR) & pl.col("max_version").is_not_null()).height
    )
    return ZOOKEEPER if offered else None


def _all_answered(snapshot: Snapshot, topics: Topics) -> bool:
    failed = {answer.id for answer in snapshot.answers if answer.state is State.FAILED}
    return failed.isdisjoint(topics.df["answer"].drop_nulls())


def _kafka(snapshot: Snapshot, releases: ReleaseData) -> str | None:
    """The release lines of the brokers' software; where none told it, the line of the feature level in force.

    The binaries may be newer than the level in force, but not older.
    """
    lines = _lines_of_brokers(snapshot, releases)
    if lines:
        return ", ".join(lines)
    features = snapshot.table(Features)
    level = next((row.finalized_level for row in features.rows if row.feature == "metadata.version"), None) if features else None
    begun = [(line.levels[0].level, line.line) for line in releases.lines if line.levels]
    if level is None or level < begun[0][0]:
        return None
    return f"{begun[bisect_right(begun, level, key=lambda entry: entry[0]) - 1][1]} or newer (by metadata.version {level})"


def _lines_of_brokers(snapshot: Snapshot, releases: ReleaseData) -> list[str]:
    """The lines that brokers told, the oldest first."""
    lines = Resolver(snapshot, all_views(releases)).get(Need("lines", BrokerReleases))
    if not isinstance(lines, BrokerReleases):
        return []
    return sorted(lines.df["line"].drop_nulls().unique().to_list(), key=version_of)
