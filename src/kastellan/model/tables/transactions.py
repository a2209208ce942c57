"""Transactions."""

import polars as pl

from kastellan.model.rights import DESCRIBE_TRANSACTION
from kastellan.model.table import Collection, Frame, Listing, column
from kastellan.model.text_kind import TextKind


class Transactions(
    Frame,
    name="transactions",
    key=("transactional_id",),
    enumerates="transaction",
    collection=Collection(
        requests=("ListTransactions", "DescribeTransactions"),
        right=DESCRIBE_TRANSACTION,
        probes_right=True,
        enumerated_by="ListTransactions",
    ),
    listing=Listing(
        aliases=("transaction", "txns"),
        noun="transaction",
        shown=("transactional_id", "coordinator", "producer_id", "state", "start_ms", "timeout_ms"),
    ),
):
    """One row per transaction that is open or being ended, as its coordinator lists it (KIP-664)."""

    transactional_id = column(pl.String, "transactional.id", text=TextKind.TRANSACTIONAL)
    coordinator = column(pl.Int32, "broker that coordinates it")
    producer_id = column(pl.Int64, "producer id")
    producer_epoch = column(pl.Int32, "producer epoch")
    state = column(pl.String, "Empty, Ongoing, PrepareCommit, CompleteCommit, ...", text=TextKind.WORD)
    start_ms = column(pl.Int64, "when the open transaction began, on the coordinator's clock; null when none is open", "epoch ms")
    timeout_ms = column(pl.Int64, "transaction.timeout.ms of its producer", "ms")
