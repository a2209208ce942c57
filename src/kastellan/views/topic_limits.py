"""Per topic, the settings that decide what its partitions can bear."""

from typing import Annotated

import polars as pl

from kastellan.engine.needs import Keys
from kastellan.model.table import Frame, column
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.model.tables.topics import Topics


class TopicLimits(Frame, name="topic_limits", key=("topic",)):
    """One row per topic."""

    topic = column(pl.String, "name of the topic")
    internal = column(pl.Boolean, "Kafka's own topic")
    min_insync_replicas = column(pl.Int32, "replicas that must be in sync for acks=all to be accepted", "replicas")
    cleanup_policy = column(pl.String, "delete, compact or both")


def topic_limits(topics: Topics, configs: Annotated[TopicConfigs, Keys("min.insync.replicas", "cleanup.policy")]) -> TopicLimits:
    """Topics with the effective values of their wanted configs; a value that was not seen is null."""
    limits = (
        topics.df.select("topic", "internal")
        .join(configs.values("min.insync.replicas", pl.Int32), on="topic", how="left")
        .join(configs.values("cleanup.policy"), on="topic", how="left")
        .join(configs.df.group_by("topic").agg(pl.col("answer").first()), on="topic", how="left")
    )
    return TopicLimits(limits.rename({"min.insync.replicas": "min_insync_replicas", "cleanup.policy": "cleanup_policy"}))
