"""Whom each broker holds for live."""

import polars as pl

from kastellan.model.table import Collection, Frame, column
from kastellan.model.text_kind import TextKind


class ClusterViews(Frame, name="cluster_views", key=("broker",), collection=Collection(requests=("DescribeCluster",))):
    """One row per broker that was asked: what it would tell a client of the cluster (DescribeCluster, from its own metadata).

    A broker that is cut off from the controller goes on telling what it knew before.
    """

    broker = column(pl.Int32, "node id of the broker that was asked")
    live = column(
        pl.String,
        "node ids of the brokers that it holds for live, sorted, with commas between; null when unseen",
        text=TextKind.WORD,
    )
