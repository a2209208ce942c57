"""Configs of groups."""

import polars as pl

from kastellan.model.rights import DESCRIBE_GROUP_CONFIGS
from kastellan.model.table import Collection, Frame, Listing, column
from kastellan.model.text_kind import TextKind


class GroupConfigs(
    Frame,
    name="group_configs",
    key=("group", "config"),
    collection=Collection(
        requests=("DescribeConfigs",), right=DESCRIBE_GROUP_CONFIGS, probes_right=True, refresh_s=60.0, placeholders=False
    ),
    listing=Listing(noun="group"),
):
    """One row per key of each group that has configs of its own (KIP-848); all others follow the brokers' defaults."""

    group = column(pl.String, "group id", text=TextKind.GROUP)
    config = column(pl.String, "name of the config, such as consumer.session.timeout.ms", text=TextKind.CONFIG)
    value = column(pl.String, "effective value as Kafka prints it", text=TextKind.VALUE)
    source = column(pl.String, "group, cluster, broker, static or default", text=TextKind.WORD)
