"""Per topic, the settings that decide how long its records are kept and how large they may be."""

from typing import Annotated

import polars as pl

from kastellan.engine.needs import Keys
from kastellan.model.table import Frame, column
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.model.tables.topics import Topics

_KEYS = (
    *("cleanup.policy", "retention.ms", "retention.bytes", "segment.ms", "segment.bytes"),
    *("max.message.bytes", "unclean.leader.election.enable"),
)


class TopicSettings(Frame, name="topic_settings", key=("topic",)):
    """One row per topic, with effective values: the topic's own, or those of the brokers."""

    topic = column(pl.String, "name of the topic")
    kafkas_own = column(pl.Boolean, "Kafka's own topic, or one whose name says so by two underscores")
    cleanup_policy = column(pl.String, "delete, compact or both; empty keeps everything")
    retention_ms = column(pl.Int64, "how long records are kept; -1 without limit", "ms")
    retention_bytes = column(pl.Int64, "how much of each partition is kept; -1 without limit", "bytes")
    segment_ms = column(pl.Int64, "after this time a segment is rolled", "ms")
    segment_bytes = column(pl.Int64, "at this size a segment is rolled", "bytes")
    max_message_bytes = column(pl.Int64, "largest batch that is accepted", "bytes")
    unclean_election = column(pl.Boolean, "a replica that is not in sync may be elected")
    unclean_election_own = column(pl.Boolean, "the topic says so itself; false where the brokers' value holds")


def topic_settings(topics: Topics, configs: Annotated[TopicConfigs, Keys(*_KEYS)]) -> TopicSettings:
    """Topics with what was seen of them; null where it was not seen."""
    wanted = configs.df.filter(pl.col("config").is_in(_KEYS))

    def value(config: str) -> pl.Expr:
        return pl.col("value").filter(pl.col("config") == config).first()

    def number(config: str) -> pl.Expr:
        return value(config).cast(pl.Int64, strict=False).alias(config.replace(".", "_"))

    unclean = "unclean.leader.election.enable"
    yes_or_no = {"true": True, "false": False}
    values = wanted.group_by("topic").agg(
        value("cleanup.policy").alias("cleanup_policy"),
        *(number(position) for position in _KEYS[1:6]),
        value(unclean).replace_strict(yes_or_no, default=None, return_dtype=pl.Boolean).alias("unclean_election"),
        (pl.col("source").filter(pl.col("config") == unclean).first() == "topic").alias("unclean_election_own"),
        pl.col("answer").first(),
    )
    own = pl.col("internal") | pl.col("topic").str.starts_with("__")
    return TopicSettings(
        topics.df.select("topic", own.alias("kafkas_own")).join(values, on="topic", how="left").select(*TopicSettings.schema())
    )
