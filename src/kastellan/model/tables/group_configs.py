"""Configs of groups."""

import polars as pl

from kastellan.model.table import Frame, column


class GroupConfigs(Frame, name="group_configs", key=("group", "config")):
    """One row per key of each group that has configs of its own (KIP-848); all others follow the brokers' defaults."""

    group = column(pl.String, "group id")
    config = column(pl.String, "name of the config, such as consumer.session.timeout.ms")
    value = column(pl.String, "effective value as Kafka prints it")
    source = column(pl.String, "group, cluster, broker, static or default")
