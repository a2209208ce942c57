"""Configs of topics."""

import polars as pl

from kastellan.model.table import Frame, column


class TopicConfigs(Frame, name="topic_configs", key=("topic", "config")):
    """One row per topic and wanted key, the effective value with where it comes from."""

    topic = column(pl.String, "name of the topic")
    config = column(pl.String, "name of the config")
    value = column(pl.String, "effective value as Kafka prints it; null when unseen or sensitive")
    source = column(pl.String, "topic, broker, cluster, static, default (KIP-226)")

    def values(self, config: str, dtype: type[pl.DataType] | pl.DataType = pl.String) -> pl.DataFrame:
        """One row per topic: `topic`, and the value in a column of the config's name."""
        return self.df.filter(pl.col("config") == config).select("topic", pl.col("value").cast(dtype, strict=False).alias(config))
