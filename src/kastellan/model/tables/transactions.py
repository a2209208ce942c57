"""Transactions."""

import polars as pl

from kastellan.model.table import Frame, column


class Transactions(Frame, name="transactions", key=("transactional_id",)):
    """One row per transaction that is open or being ended, as its coordinator lists it (KIP-664)."""

    transactional_id = column(pl.String, "transactional.id")
    coordinator = column(pl.Int32, "broker that coordinates it")
    producer_id = column(pl.Int64, "producer id")
    producer_epoch = column(pl.Int32, "producer epoch")
    state = column(pl.String, "Empty, Ongoing, PrepareCommit, CompleteCommit, ...")
    start_ms = column(pl.Int64, "when the open transaction began, on the coordinator's clock; null when none is open", "epoch ms")
    timeout_ms = column(pl.Int64, "transaction.timeout.ms of its producer", "ms")
