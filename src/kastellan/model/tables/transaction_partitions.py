"""Partitions that open transactions write to."""

import polars as pl

from kastellan.model.table import Frame, column


class TransactionPartitions(Frame, name="transaction_partitions", key=("transactional_id", "topic", "partition")):
    """One row per partition of an open transaction; one that could not be described has a placeholder."""

    transactional_id = column(pl.String, "transactional.id")
    topic = column(pl.String, "name of the topic")
    partition = column(pl.Int32, "number of the partition")
    start_offset = column(pl.Int64, "first record of the open transaction there (DescribeProducers)", "records")
    last_append_ms = column(pl.Int64, "timestamp of the producer's last record there", "epoch ms")
