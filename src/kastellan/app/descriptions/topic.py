"""A topic: its partitions, what its configs differ in, and the groups that read it."""

from __future__ import annotations

import polars as pl

from kastellan.app.description import Attribute, DescriptionParts, Section, attribute, none_or_unseen, require_name, section
from kastellan.app.lists.lag_lists import partition_states
from kastellan.app.lists.replication import PLACE, replica_counts, replica_texts
from kastellan.app.lists.topic_ids import topic_id_text
from kastellan.engine.needs import ALL
from kastellan.engine.requests import TableRequest, TableRequests, merge_requests
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.offsets import Offsets
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.replica_sizes import ReplicaSizes
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.model.tables.topics import Topics
from kastellan.views.lag_state import LagState
from kastellan.views.target_replicas import TargetReplicas

WORD = "topic"
_DEFAULT = "default"
_SHOWN_CONFIGS = ("min.insync.replicas", "cleanup.policy", "retention.ms", "retention.bytes")


def narrow(requests: TableRequests, name: str) -> TableRequests:
    """Every config of this topic, and none of the others."""
    return merge_requests(requests, [TableRequest(TopicConfigs.name, frozenset({ALL}), frozenset({name}))])


def build(  # noqa: PLR0913  (its needs)
    name: str,
    *,
    topics: Topics,
    partitions: Partitions,
    replicas: TargetReplicas,
    offsets: Offsets,
    sizes: ReplicaSizes | None,
    configs: TopicConfigs | None,
    groups: Groups | None,
    lag: LagState | None,
) -> DescriptionParts:
    """Everything about the topic of this name."""
    name = require_name(WORD, name, topics.df["topic"], all_listed=not topics.unseen)
    here = pl.col("topic") == name
    (topic,) = topics.df.filter(here).to_dicts()
    parts = _partitions(partitions, replicas, offsets, sizes, here)
    of_topic = None if configs is None else configs.df.filter(here)
    return DescriptionParts(
        name=name,
        facts=(
            attribute("topic id", topic_id_text(topic["topic_id"])),
            attribute("internal", topic["internal"]),
            *_counts(parts),
            *(_config(of_topic, config) for config in _SHOWN_CONFIGS),
            attribute("error", topic["error"] if topic["error"] != "" else "none"),
        ),
        sections=(
            section(
                "Partitions", parts,
                ("partition", "leader", "replicas", "in_sync", *_moves(parts), "earliest", "latest", "records", "size_bytes"),
            ),
            _differing(of_topic),
            _readers(lag, groups, here),
        ),
    )  # fmt: skip


def _partitions(
    partitions: Partitions, replicas: TargetReplicas, offsets: Offsets, sizes: ReplicaSizes | None, here: pl.Expr
) -> pl.DataFrame:
    on = ["topic", "partition"]
    own = TargetReplicas(replicas.df.filter(here))
    copies = replica_counts(own).join(replica_texts(own), on=PLACE, how="left")
    frame = partitions.df.filter(here)
    logs = offsets.df.filter(here).select(*on, "earliest", "latest", records=pl.col("latest") - pl.col("earliest"))
    for columns in (copies, logs):
        frame = frame.join(columns, on=on, how="left", maintain_order="left")
    if sizes is None:
        return frame.with_columns(size_bytes=pl.lit(None, pl.Int64)).sort("partition")
    # The leader's copy is the one that clients read.
    led = sizes.df.filter(here & ~pl.col("future")).select(*on, "size_bytes", leader="broker")
    return frame.join(led, on=[*on, "leader"], how="left", maintain_order="left").sort("partition")


def _moves(parts: pl.DataFrame) -> tuple[str, ...]:
    """The columns of a running reassignment, where there is one or nobody knows."""
    return ("adding", "removing") if parts["moving"].fill_null(value=True).any() else ()


def _counts(parts: pl.DataFrame) -> tuple[Attribute, ...]:
    low, high, hidden = parts["factor"].min(), parts["factor"].max(), parts["factor"].null_count()
    behind, leader, moving = parts["under_replicated"], parts["leader"], parts["moving"]
    return (
        attribute("partitions", parts.height),
        attribute("replication factor", None if low is None or hidden else str(high) if low == high else f"{low} to {high}"),
        attribute("under-replicated", None if behind.null_count() else int(behind.sum())),
        attribute("being reassigned", None if moving.null_count() else int(moving.sum())),
        attribute("offline", None if leader.null_count() else int((leader < 0).sum())),
        attribute("records", _sum(parts["records"])),
        attribute("size of the leaders' copies", _sum(parts["size_bytes"]), "size_bytes"),
    )


def _sum(values: pl.Series) -> int | None:
    """The sum, unless one of the values was not seen."""
    return None if values.null_count() else int(values.sum())


def _config(configs: pl.DataFrame | None, name: str) -> Attribute:
    values = [] if configs is None else configs.filter(pl.col("config") == name)["value"].to_list()
    return attribute(name, values[0] if values else None, "config")


def _differing(configs: pl.DataFrame | None) -> Section:
    title, columns = "Configs that differ from Kafka's defaults", ("config", "value", "source")
    if configs is None:
        return section(title, None, columns)
    readable = configs.drop_nulls("source")
    if configs.height and not readable.height:
        return Section(title=title, columns=columns, note="could not be read")
    return section(
        title,
        readable.filter(pl.col("source") != _DEFAULT).sort("config"),
        columns,
        none=f"none of the {readable.height} that were read",
    )


def _readers(lag: LagState | None, groups: Groups | None, here: pl.Expr) -> Section:
    title, columns = "Groups that read it", ("group", "state", "members", "partitions", "lag_records", "lag_state")
    if lag is None or groups is None:
        return section(title, None, columns)
    on_topic = partition_states(LagState(lag.df.filter(here)))
    worst = on_topic.group_by("group").agg(
        partitions=pl.len(),
        lag_records=pl.when(pl.col("lag_records").is_not_null().all()).then(pl.col("lag_records").sum()),
        lag_state=pl.col("lag_state").unique().sort().str.join(", "),
    )
    frame = worst.join(groups.df.select("group", "state", "members"), on="group", how="left")
    return section(title, frame.sort("lag_records", descending=True, nulls_last=False), columns, none=none_or_unseen(lag))
