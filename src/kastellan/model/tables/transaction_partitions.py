"""Partitions that open transactions write to."""

import polars as pl

from kastellan.model.rights import DESCRIBE_TRANSACTION
from kastellan.model.table import Collection, Frame, Listing, column
from kastellan.model.text_kind import TextKind


class TransactionPartitions(
    Frame,
    name="transaction_partitions",
    key=("transactional_id", "topic", "partition"),
    collection=Collection(requests=("DescribeTransactions",), right=DESCRIBE_TRANSACTION),
    listing=Listing(aliases=("txn-partitions",), noun="transaction"),
):
    """One row per partition of an open transaction; one that could not be described has a placeholder."""

    transactional_id = column(pl.String, "transactional.id", text=TextKind.TRANSACTIONAL)
    topic = column(pl.String, "name of the topic", text=TextKind.TOPIC)
    partition = column(pl.Int32, "number of the partition")
    start_offset = column(pl.Int64, "first record of the open transaction there (DescribeProducers)", "records")
    last_append_ms = column(pl.Int64, "timestamp of the producer's last record there", "epoch ms")
