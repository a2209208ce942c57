"""Client metrics subscriptions."""

import polars as pl

from kastellan.model.table import Frame, column


class ClientMetrics(Frame, name="client_metrics", key=("subscription",)):
    """One row per subscription to metrics that clients push to the brokers (KIP-714)."""

    subscription = column(pl.String, "name of the subscription")
    interval_ms = column(pl.Int64, "how often clients push", "ms")
    metrics = column(pl.String, "prefixes of metric names with commas between; empty for none, * for all")
    match = column(pl.String, "which clients: selectors with commas between; empty for all")
