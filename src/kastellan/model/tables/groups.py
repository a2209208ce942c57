"""Groups."""

import polars as pl

from kastellan.model.table import Frame, column


class Groups(Frame, name="groups", key=("group",)):
    """One row per group: classic, consumer (KIP-848), share (KIP-932) or streams (KIP-1071)."""

    group = column(pl.String, "group id")
    type = column(pl.String, "classic, consumer, share or streams; null before Kafka 3.8")
    protocol_type = column(pl.String, "consumer, connect, share, ...; empty for groups that only commit")
    state = column(pl.String, "Stable, Empty, PreparingRebalance, Assigning, Dead, ...")
    coordinator = column(pl.Int32, "broker that coordinates it")
    members = column(pl.Int32, "number of members", "members")
    error = column(pl.String, "error name of the description; null when none")
