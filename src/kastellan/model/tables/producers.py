"""Producers that partition leaders remember."""

import polars as pl

from kastellan.model.rights import READ_TOPIC
from kastellan.model.table import Collection, Frame, Listing, column
from kastellan.model.text_kind import TextKind


class Producers(
    Frame,
    name="producers",
    key=("topic", "partition", "producer_id"),
    roster="topic",
    collection=Collection(requests=("DescribeProducers",), right=READ_TOPIC, probes_right=True, on_demand=True),
    listing=Listing(
        aliases=("producer",),
        noun="topic",
        shown=("topic", "partition", "producer_id", "producer_epoch", "last_append_ms", "transaction_start"),
        name_required="DescribeProducers needs READ on the topic, so name one topic: kastellan get producers TOPIC",
    ),
):
    """One row per producer of each partition that was asked for; a partition that was not told has a placeholder.

    DescribeProducers needs READ on the topic, which is the right to its records: it is asked for named topics only, and
    never by a check. A leader forgets a producer after producer.id.expiration.ms.
    """

    topic = column(pl.String, "name of the topic", text=TextKind.TOPIC)
    partition = column(pl.Int32, "number of the partition")
    producer_id = column(pl.Int64, "producer id")
    producer_epoch = column(pl.Int32, "producer epoch")
    last_sequence = column(pl.Int32, "sequence number of its last record; -1 when unknown to the leader")
    last_append_ms = column(pl.Int64, "timestamp of its last record", "epoch ms")
    coordinator_epoch = column(pl.Int32, "epoch of the transaction coordinator that wrote the last marker; -1 for none")
    transaction_start = column(pl.Int64, "first offset of its open transaction; -1 when none is open", "records")
