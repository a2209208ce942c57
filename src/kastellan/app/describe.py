"""Say how large a cluster is and what it runs, as far as a snapshot shows."""

from __future__ import annotations

from bisect import bisect_right

from kastellan.kernel.outcome import State
from kastellan.model.report import Shape
from kastellan.model.snapshot import Snapshot
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.features import Features
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.quorum import Quorum
from kastellan.model.tables.quorum_nodes import QuorumNodes
from kastellan.model.tables.topics import Topics

# First metadata.version of each release.
_RELEASES = (
    (1, "3.0"), (2, "3.1"), (3, "3.2"), (4, "3.3"), (8, "3.4"), (9, "3.5"), (12, "3.6"), (15, "3.7"), (20, "3.8"), (21, "3.9"),
    (22, "4.0"), (26, "4.1"), (28, "4.2"), (30, "4.3"), (31, "4.4"),
)  # fmt: skip


def shape_of(snapshot: Snapshot) -> Shape:
    """Counts of what was enumerated; None for what was not."""
    brokers, topics, partitions = snapshot.table(Brokers), snapshot.table(Topics), snapshot.table(Partitions)
    groups, nodes = snapshot.table(Groups), snapshot.table(QuorumNodes)
    voters = [each for each in nodes.rows if each.voter] if nodes else []
    quorum = snapshot.table(Quorum)
    members = [each for each in brokers.rows if each.registered is not False] if brokers else []
    return Shape(
        kafka=_kafka(snapshot),
        mode="KRaft" if voters or (quorum and any(each.leader is not None for each in quorum.rows)) else None,
        brokers=len(members) if brokers else None,
        brokers_answered=sum(each.reached is True for each in members) if brokers else None,
        controllers=len(voters) or None,
        topics=topics.df.height if topics and (topics.df.height or _whole(snapshot, topics.df["answer"].to_list())) else None,
        partitions=partitions.df.height if partitions and not (partitions.unseen and not partitions.df.height) else None,
        groups=groups.df.height if groups and not (groups.unseen and not groups.df.height) else None,
    )


def _whole(snapshot: Snapshot, answers: list[int | None]) -> bool:
    bad = {each.id for each in snapshot.answers if each.state is State.FAILED}
    return not bad & {each for each in answers if each is not None}


def _kafka(snapshot: Snapshot) -> str | None:
    """The release by the feature level in force; the brokers' binaries are of it or newer."""
    features = snapshot.table(Features)
    level = (
        next((each.finalized_level for each in features.rows if each.feature == "metadata.version"), None) if features else None
    )
    if level is None or level < _RELEASES[0][0]:
        return None
    release = _RELEASES[bisect_right(_RELEASES, level, key=lambda each: each[0]) - 1][1]
    return f"{release} or newer (by metadata.version {level})"
