"""Configs of topics."""

import polars as pl

from kastellan.model.rights import DESCRIBE_TOPIC_CONFIGS
from kastellan.model.table import Collection, Frame, Listing, column
from kastellan.model.text_kind import TextKind


class TopicConfigs(
    Frame,
    name="topic_configs",
    key=("topic", "config"),
    collection=Collection(
        requests=("DescribeConfigs",),
        right=DESCRIBE_TOPIC_CONFIGS,
        probes_right=True,
        refresh_s=60.0,
        spare_rank=6,
        placeholders=False,
    ),
    listing=Listing(aliases=("configs", "config"), noun="topic"),
):
    """One row per topic and wanted key, the effective value with where it comes from."""

    topic = column(pl.String, "name of the topic", text=TextKind.TOPIC)
    config = column(pl.String, "name of the config", text=TextKind.CONFIG)
    value = column(
        pl.String, "effective value as Kafka prints it; null when unseen or sensitive", text=TextKind.VALUE, nullable=True
    )
    source = column(pl.String, "topic, broker, cluster, static, default (KIP-226)", text=TextKind.WORD)

    def values(self, config: str, dtype: type[pl.DataType] | pl.DataType = pl.String) -> pl.DataFrame:
        """One row per topic: `topic`, and the value in a column of the config's name."""
        return self.df.filter(pl.col("config") == config).select("topic", pl.col("value").cast(dtype, strict=False).alias(config))
