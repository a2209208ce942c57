"""Configs of brokers."""

import polars as pl

from kastellan.model.rights import DESCRIBE_CLUSTER_CONFIGS
from kastellan.model.table import Collection, Frame, Listing, column
from kastellan.model.text_kind import TextKind


class BrokerConfigs(
    Frame,
    name="broker_configs",
    key=("broker", "config"),
    collection=Collection(
        requests=("DescribeConfigs",), right=DESCRIBE_CLUSTER_CONFIGS, probes_right=True, refresh_s=60.0, placeholders=False
    ),
    listing=Listing(noun="broker", shown=("broker", "config", "value", "source", "sensitive", "read_only")),
):
    """One row per broker and wanted key, the effective value with where it comes from.

    Where all keys were wanted (`Keys(ALL)`), the rows are those that each broker told.
    """

    broker = column(pl.Int32, "node id")
    config = column(pl.String, "name of the config", text=TextKind.CONFIG)
    value = column(
        pl.String, "effective value as Kafka prints it; null when unseen, unset or sensitive", text=TextKind.VALUE, nullable=True
    )
    source = column(
        pl.String,
        "broker, cluster (the dynamic default of all brokers), static, default (KIP-226)",
        text=TextKind.WORD,
        nullable=True,
    )
    seen = column(pl.Boolean, "the broker told this key; a null value is then really null", nullable=True)
    sensitive = column(
        pl.Boolean, "Kafka takes the value for a secret and does not tell it; null when unseen or absent", nullable=True
    )
    read_only = column(pl.Boolean, "it changes with a restart only; null when unseen or absent", nullable=True)

    def values(self, config: str, dtype: type[pl.DataType] | pl.DataType = pl.String) -> pl.DataFrame:
        """One row per broker: `broker`, `seen`, and the value in a column of the config's name."""
        return self.df.filter(pl.col("config") == config).select(
            "broker", "seen", pl.col("value").cast(dtype, strict=False).alias(config)
        )
