"""Per broker, how many partitions it should lead and how many of these another one leads."""

import polars as pl

from kastellan.model.align import left_join_aligned
from kastellan.model.table import Frame, column
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.replicas import Replicas


class LeaderBalance(Frame, name="leader_balance", key=("broker",)):
    """One row per broker; null where a leader or a place in an assignment was not seen."""

    broker = column(pl.Int32, "node id")
    preferred = column(pl.Int64, "partitions of which it is the preferred leader", "partitions")
    led_elsewhere = column(pl.Int64, "those of them that another broker leads, or none", "partitions")


def leader_balance(brokers: Brokers, partitions: Partitions, replicas: Replicas) -> LeaderBalance:
    """Brokers with their preferred partitions; any of which the leader was not seen makes the second count null."""
    elsewhere = pl.col("leader") != pl.col("broker")
    on = ["topic", "partition"]
    counted = (
        left_join_aligned(
            replicas.df.filter(pl.col("position") == 0).select(*on, "broker"), partitions.df.select(*on, "leader"), on
        )
        .group_by("broker")
        .agg(
            pl.len().alias("preferred"),
            pl.when(elsewhere.is_null().any()).then(None).otherwise(elsewhere.sum()).alias("led_elsewhere"),
            pl.lit(value=True).alias("prefers"),
        )
    )
    joined = brokers.df.select("broker", "answer").join(counted, on="broker", how="left")
    # A replica whose place is unknown may be any broker's preferred one.
    if replicas.df["position"].null_count():
        none = pl.lit(None, pl.Int64)
        return LeaderBalance(joined.select("broker", none.alias("preferred"), none.alias("led_elsewhere"), "answer"))
    nothing = pl.col("prefers").is_null()
    return LeaderBalance(
        joined.select(
            "broker",
            pl.col("preferred").fill_null(0),
            pl.when(nothing).then(0).otherwise(pl.col("led_elsewhere")).alias("led_elsewhere"),
            "answer",
        )
    )
