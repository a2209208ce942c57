"""Client metrics subscriptions."""

import polars as pl

from kastellan.model.rights import DESCRIBE_CLUSTER_CONFIGS
from kastellan.model.table import Collection, Frame, Listing, column
from kastellan.model.text_kind import TextKind


class ClientMetrics(
    Frame,
    name="client_metrics",
    key=("subscription",),
    collection=Collection(requests=("DescribeConfigs",), right=DESCRIBE_CLUSTER_CONFIGS, probes_right=True, refresh_s=60.0),
    listing=Listing(aliases=("metrics-subscriptions", "subscriptions"), noun="subscription"),
):
    """One row per subscription to metrics that clients push to the brokers (KIP-714)."""

    subscription = column(pl.String, "name of the subscription", text=TextKind.SUBSCRIPTION)
    interval_ms = column(pl.Int64, "how often clients push", "ms")
    metrics = column(
        pl.String,
        "prefixes of metric names with commas between; empty for none, * for all",
        text=TextKind.WORD,
        shape=r"(\*|org\.apache\.kafka[\w.]*|)(,(\*|org\.apache\.kafka[\w.]*))*",
    )
    match = column(pl.String, "which clients: selectors with commas between; empty for all", text=TextKind.SELECTORS)
