"""Lag with the member that owns each partition now."""

import polars as pl

from kastellan.model.table import Frame, column
from kastellan.model.tables.assignments import Assignments
from kastellan.model.tables.members import Members
from kastellan.views.lag import Lag

_PLACE = ["group", "topic", "partition"]


class OwnedLag(Frame, name="owned_lag", key=("group", "topic", "partition")):
    """The rows of `lag`, each with its owner."""

    group = column(pl.String, "group id")
    topic = column(pl.String, "name of the topic")
    partition = column(pl.Int32, "number of the partition")
    committed = column(pl.Int64, "committed offset: the next record to read", "records")
    earliest = column(pl.Int64, "log start offset", "records")
    latest = column(pl.Int64, "high watermark", "records")
    lag_records = column(pl.Int64, "as in `lag`", "records")
    state = column(pl.String, "as in `lag`")
    unseen = column(pl.String, "as in `lag`", of_sight=True)
    assigned = column(pl.Boolean, "a member owns the partition now; null when the group's assignment was not seen")
    member = column(pl.String, "member id of the owner; null when nobody owns it or that was not seen")
    client_id = column(pl.String, "client.id of the owner")
    client_host = column(pl.String, "address of the owner as the coordinator sees it")


def owned_lag(lag: Lag, assignments: Assignments, members: Members) -> OwnedLag:
    """Lag joined with the groups' assignments.

    A group is known to have no owner for a partition only where its assignment was read; a placeholder of the
    commits stands for partitions that nobody named, so that whether they are owned is not seen either.
    """
    # An assignor that gives one partition to several members must not multiply the lag.
    owners = assignments.df.drop_nulls(_PLACE).unique(_PLACE, keep="first").drop("answer")
    clients = members.df.select("group", "member", "client_id", "client_host").unique(["group", "member"], keep="any")
    not_read = assignments.df.filter(pl.col("topic").is_null()).select("group", not_read=pl.lit(True)).unique()
    nobody = pl.lit(None, pl.Boolean) if assignments.unseen else pl.when(pl.col("not_read").is_null()).then(pl.lit(False))
    assigned = pl.when(pl.col("member").is_not_null()).then(pl.lit(True)).when(pl.col("topic").is_not_null()).then(nobody)
    return OwnedLag(
        lag.df.join(owners, on=_PLACE, how="left", maintain_order="left")
        .join(clients, on=["group", "member"], how="left", maintain_order="left")
        .join(not_read, on="group", how="left", maintain_order="left")
        .with_columns(assigned.alias("assigned"))
        .select(*OwnedLag.schema())
    )
