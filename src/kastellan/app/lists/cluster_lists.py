"""Lists of brokers, topics, partitions, groups and the quorum, each joined from several tables.

A null means that the value was not seen, apart from the columns that a list names as `may_be_empty`.
"""

from __future__ import annotations

from typing import Annotated, Final

import polars as pl

from kastellan.app.lists.lag_lists import NO_SUM, group_states
from kastellan.app.lists.list_spec import ListSpec
from kastellan.app.lists.replication import replica_counts, replica_texts
from kastellan.app.lists.topic_ids import topic_id_texts
from kastellan.engine.needs import Keys
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.last_stable_offsets import LastStableOffsets
from kastellan.model.tables.offsets import Offsets
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.quorum import Quorum
from kastellan.model.tables.quorum_nodes import QuorumNodes
from kastellan.model.tables.replicas import Replicas
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.model.tables.topics import Topics
from kastellan.views.group_lag import GroupLag
from kastellan.views.target_replicas import TargetReplicas


def _brokers(brokers: Brokers, partitions: Partitions, replicas: Replicas) -> pl.DataFrame:
    leaders = partitions.df.group_by(broker="leader").agg(leaders=pl.len())
    copies = replicas.df.group_by("broker").agg(
        replicas=pl.len(), out_of_sync=pl.when(pl.col("in_sync").is_not_null().all()).then((~pl.col("in_sync")).sum())
    )
    counted = ("leaders", "replicas", "out_of_sync")
    hidden = bool(partitions.unseen or replicas.unseen or partitions.df["leader"].null_count())
    joined = brokers.df.join(leaders, on="broker", how="left").join(copies, on="broker", how="left", maintain_order="left")
    zero = None if hidden else 0
    state = (
        pl.when(pl.col("fenced")).then(pl.lit("fenced"))
        .when(pl.col("listed")).then(pl.lit("live"))
        .when(~pl.col("listed")).then(pl.lit("away"))
    )  # fmt: skip
    from_here = (
        pl.when(pl.col("reached")).then(pl.lit("answers")).when(~pl.col("reached")).then(pl.coalesce("trouble", pl.lit("silent")))
    )
    return joined.with_columns(
        # Where partitions are hidden the counts are too low, so they are unknown.
        *(
            pl.lit(None, pl.Int64).alias(column) if hidden else pl.col(column).cast(pl.Int64).fill_null(zero)
            for column in counted[:2]
        ),
        pl.lit(None, pl.Int64).alias("out_of_sync")
        if hidden
        else pl.when(pl.col("replicas").is_null()).then(0).otherwise(pl.col("out_of_sync")).alias("out_of_sync"),
        address=pl.format("{}:{}", "host", "port"),
        state=state,
        from_here=from_here,
    ).sort("broker")


def _topics(
    topics: Topics,
    partitions: Partitions,
    replicas: TargetReplicas,
    offsets: Offsets,
    configs: Annotated[TopicConfigs, Keys("min.insync.replicas", "cleanup.policy")],
) -> pl.DataFrame:
    per_topic = (
        replica_counts(replicas)
        .group_by("topic")
        .agg(
            replication_factor=pl.when(pl.col("factor").is_not_null().all()).then(pl.col("factor").max()),
            under_replicated=_count_true("under_replicated"),
            moving=_count_true("moving"),
        )
    )
    counts = partitions.df.group_by("topic").agg(
        partitions=pl.len(), offline=pl.when(pl.col("leader").is_not_null().all()).then((pl.col("leader") < 0).sum())
    )
    span = pl.col("latest") - pl.col("earliest")
    records = offsets.df.group_by("topic").agg(records=pl.when(span.is_not_null().all()).then(span.sum()))
    frame = topics.df.with_columns(topic_id_texts())
    for columns in (
        counts,
        per_topic,
        records,
        configs.values("min.insync.replicas", pl.Int64),
        configs.values("cleanup.policy"),
    ):
        frame = frame.join(columns, on="topic", how="left", maintain_order="left")
    return frame.rename({"min.insync.replicas": "min_insync_replicas", "cleanup.policy": "cleanup_policy"}).sort("topic")


def _count_true(column: str) -> pl.Expr:
    """How many are true; null where one was not seen."""
    return pl.when(pl.col(column).is_not_null().all()).then(pl.col(column).sum())


def _partitions(partitions: Partitions, replicas: TargetReplicas, offsets: Offsets, stable: LastStableOffsets) -> pl.DataFrame:
    copies = replica_texts(replicas)
    logs = offsets.df.select("topic", "partition", "earliest", "latest", records=pl.col("latest") - pl.col("earliest"))
    frame = partitions.df
    for columns in (copies, logs, stable.df.drop("answer")):
        frame = frame.join(columns, on=["topic", "partition"], how="left", maintain_order="left")
    return frame.sort("topic", "partition")


def _groups(lag: GroupLag) -> pl.DataFrame:
    return group_states(lag).sort("group")


def _quorum(nodes: QuorumNodes, quorum: Quorum) -> pl.DataFrame:
    leader = next((leadership.leader for leadership in quorum.rows), None)
    ends = {node.node: node.log_end_offset for node in nodes.rows}
    end = ends.get(leader) if leader is not None else None
    role = pl.when(pl.col("voter")).then(pl.lit("voter")).when(~pl.col("voter")).then(pl.lit("observer"))
    return nodes.df.with_columns(
        role=pl.when(pl.col("node") == leader).then(pl.lit("leader")).otherwise(role) if leader is not None else role,
        lag_records=pl.lit(end, pl.Int64) - pl.col("log_end_offset"),
        # Both on the leader's clock: ours has no part in it.
        behind_ms=pl.col("last_caught_up_ms").filter(pl.col("node") == leader).first() - pl.col("last_caught_up_ms")
        if leader is not None
        else pl.lit(None, pl.Int64),
    ).sort(pl.col("voter").cast(pl.Int8), "node", descending=[True, False], nulls_last=True)


CLUSTER_LISTS: Final[dict[str, ListSpec]] = {
    "brokers": ListSpec(
        about="Brokers: where they are, whether they live and answer, and what they hold.",
        aliases=("broker", "nodes"),
        rows=_brokers,
        named="broker",
        word="broker",
        shown=("broker", "address", "rack", "state", "from_here", "leaders", "replicas", "out_of_sync", "answer_ms"),
        may_be_empty=frozenset({"rack", "trouble"}),
    ),
    "topics": ListSpec(
        about="Topics with their partitions, replication and records.",
        aliases=("topic",),
        rows=_topics,
        named="topic",
        word="topic",
        shown=(
            "topic", "partitions", "replication_factor", "min_insync_replicas", "under_replicated", "offline", "moving",
            "records", "cleanup_policy",
        ),
        may_be_empty=frozenset({"error"}),
    ),
    "partitions": ListSpec(
        about="Partitions with leader, replicas and offsets.",
        aliases=("partition",),
        rows=_partitions,
        named="topic",
        word="topic",
        shown=("topic", "partition", "leader", "replicas", "in_sync", "adding", "removing", "earliest", "latest", "records"),
        may_be_empty=frozenset({"error"}),
    ),
    "groups": ListSpec(
        about="Groups of every protocol with their lag.",
        aliases=("group", "consumer-groups"),
        rows=_groups,
        named="group",
        word="group",
        shown=("group", "type", "state", "coordinator", "members", "partitions", "lag_records", "lag_state"),
        absent_where=NO_SUM,
    ),
    "quorum": ListSpec(
        about="The metadata quorum: who leads it and how far each node has read.",
        aliases=("quorum-nodes", "controllers"),
        rows=_quorum,
        named="node",
        word="node",
        shown=("node", "role", "log_end_offset", "lag_records", "behind_ms", "host", "port"),
        may_be_empty=frozenset({"host", "port", "directory_id"}),
    ),
}  # fmt: skip
