"""Configs of brokers."""

import polars as pl

from kastellan.model.table import Frame, column


class BrokerConfigs(Frame, name="broker_configs", key=("broker", "config")):
    """One row per broker and wanted key, the effective value with where it comes from."""

    broker = column(pl.Int32, "node id")
    config = column(pl.String, "name of the config")
    value = column(pl.String, "effective value as Kafka prints it; null when unseen, unset or sensitive")
    source = column(pl.String, "broker, cluster, static, default (KIP-226)")
    seen = column(pl.Boolean, "the broker told this key; a null value is then really null")

    def values(self, config: str, dtype: type[pl.DataType] | pl.DataType = pl.String) -> pl.DataFrame:
        """One row per broker: `broker`, `seen`, and the value in a column of the config's name."""
        return self.df.filter(pl.col("config") == config).select(
            "broker", "seen", pl.col("value").cast(dtype, strict=False).alias(config)
        )
