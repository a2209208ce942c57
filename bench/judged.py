"""A healthy snapshot of a tier's size, made in memory, with an earlier look."""

from __future__ import annotations

import msgspec
import polars as pl
import workload

from kastellan.model.snapshot import Snapshot
from kastellan.model.tables.commits import Commits
from kastellan.testing.snapshots import AT_MS, healthy


def snapshot_of(tier: workload.Tier) -> Snapshot:
    """Topics, groups and commits as many as the tier has; every partition ends at 1 000, and nobody is behind."""
    topics = {workload.topic_name(topic): workload.PARTITIONS_A_TOPIC for topic in range(tier.topics)}
    groups = {workload.group_name(group): workload.topic_name(group % tier.topics) for group in range(tier.groups)}
    now = healthy(topics=topics, groups=groups, rf=tier.copies)
    columns: dict[str, list[object]] = {"group": [], "topic": [], "partition": []}
    for group in range(tier.groups):
        for topic, partition, _ in workload.commits_of(tier, group):
            for name, value in zip(columns, (workload.group_name(group), workload.topic_name(topic), partition), strict=True):
                columns[name].append(value)
    commits = Commits.of({**columns, "committed": [1_000] * len(columns["group"])}).df
    now = now.with_table(Commits(commits.with_columns(pl.lit(now.answers[0].id, pl.Int32).alias("answer"))))
    return now.after(msgspec.structs.replace(now, at_ms=AT_MS - 60_000))
