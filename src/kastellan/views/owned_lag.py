"""Lag with the member that owns each partition now, and the partitions that a member owns without a commit."""

from typing import Final

import polars as pl

from kastellan.model.table import Frame, column
from kastellan.model.tables.assignments import Assignments
from kastellan.model.tables.members import Members
from kastellan.model.tables.offsets import Offsets
from kastellan.views.lag import Lag

_PLACE: Final = ["group", "topic", "partition"]


class OwnedLag(Frame, name="owned_lag", key=("group", "topic", "partition")):
    """The rows of `lag`, each with its owner, and one row per partition that a member owns and the group has no position in."""

    group = column(pl.String, "group id")
    topic = column(pl.String, "name of the topic")
    partition = column(pl.Int32, "number of the partition")
    committed = column(pl.Int64, "as in `lag`; null also where there is no commit", "records")
    earliest = column(pl.Int64, "log start offset", "records")
    latest = column(pl.Int64, "high watermark", "records")
    lag_records = column(pl.Int64, "as in `lag`; null where there is no commit", "records")
    deleted_records = column(pl.Int64, "as in `lag`", "records")
    ahead_records = column(pl.Int64, "as in `lag`", "records")
    begun = column(pl.Boolean, "the group has a position here; false where it has none, null when unseen")
    reset_records = column(
        pl.Int64,
        "where there is no commit: what auto.offset.reset=earliest reads first and latest skips; null elsewhere and when unseen",
        "records",
    )
    unseen = column(pl.String, "as in `lag`", of_sight=True)
    assigned = column(pl.Boolean, "a member owns the partition now; null when the group's assignment was not seen")
    member = column(pl.String, "member id of the owner; null when nobody owns it or that was not seen")
    client_id = column(pl.String, "client.id of the owner")
    client_host = column(pl.String, "address of the owner as the coordinator sees it")


def owned_lag(lag: Lag, offsets: Offsets, assignments: Assignments, members: Members) -> OwnedLag:
    """Lag joined with the groups' assignments.

    A group is known to have no owner for a partition only where its assignment was read; a placeholder of the commits
    stands for partitions that nobody named, so that whether they are owned is not seen either.
    """
    # An assignor that gives one partition to several members must not multiply the lag.
    owned = assignments.df.drop_nulls(_PLACE).unique(_PLACE, keep="first", maintain_order=True)
    frame = _with_uncommitted(lag, owned.select(*_PLACE, "answer"), offsets)
    owners = owned.drop("answer")
    clients = members.df.select("group", "member", "client_id", "client_host").unique(["group", "member"], keep="any")
    not_read = assignments.df.filter(pl.col("topic").is_null()).select("group", not_read=pl.lit(value=True)).unique()
    nobody = pl.lit(None, pl.Boolean) if assignments.unseen else pl.when(pl.col("not_read").is_null()).then(pl.lit(value=False))
    assigned = pl.when(pl.col("member").is_not_null()).then(pl.lit(value=True)).when(pl.col("topic").is_not_null()).then(nobody)
    return OwnedLag(
        frame.join(owners, on=_PLACE, how="left", maintain_order="left")
        .join(clients, on=["group", "member"], how="left", maintain_order="left")
        .join(not_read, on="group", how="left", maintain_order="left")
        .with_columns(assigned=assigned)
        .select(*OwnedLag.schema())
    )


def _with_uncommitted(lag: Lag, owned: pl.DataFrame, offsets: Offsets) -> pl.DataFrame:
    """The rows of `lag` and, behind them, the owned partitions in which the group has no position.

    Of a group whose commits were not read nobody knows whether it has such partitions: its placeholder says so.
    """
    frame = lag.df.with_columns(reset_records=pl.lit(None, pl.Int64))
    unread = frame.filter(pl.col("topic").is_null()).select("group")
    without = owned.join(unread, on="group", how="anti").join(frame, on=_PLACE, how="anti", maintain_order="left")
    logs = offsets.df.select(*_PLACE[1:], "earliest", "latest")
    if without.height:
        without = without.join(logs, on=_PLACE[1:], how="left", maintain_order="left").with_columns(begun=pl.lit(value=False))
        frame = pl.concat([frame, without], how="diagonal")
    return frame.with_columns(reset_records=pl.when(~pl.col("begun")).then(pl.col("latest") - pl.col("earliest")))
