"""How a group fares on each partition that it reads, in one word.

Whether a lag grows or shrinks is seen by comparing looks. Where no look is old enough for that, and where something was
not seen, the state is null: unknown.
"""

from typing import Annotated, Final

import polars as pl

from kastellan.engine.needs import Earlier
from kastellan.model.table import Frame, column
from kastellan.model.tables.assignments import Assignments
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.last_stable_offsets import LastStableOffsets
from kastellan.model.tables.offsets import Offsets
from kastellan.views.lag import Lag
from kastellan.views.owned_lag import OwnedLag

OK: Final = "ok"
CATCHING_UP: Final = "catching up"
FALLING_BEHIND: Final = "falling behind"
STALLED: Final = "stalled"
BLOCKED: Final = "blocked"
STOPPED: Final = "stopped"
ABANDONED: Final = "abandoned"
NO_COMMIT: Final = "no commit"
AHEAD: Final = "ahead of the log"
DATA_LOST: Final = "data lost"
MARKER: Final = "marker"
"""The method of a state that rests on taking one offset that is left for the marker of a transaction: likely, not sure."""

_PLACE: Final = ["group", "topic", "partition"]
_TRANSACTION_LOG: Final = "__transaction_state"


class LagState(Frame, name="lag_state", key=("group", "topic", "partition")):
    """One row per position of a group and per partition that a member owns without one; placeholders as in `owned_lag`."""

    group = column(pl.String, "group id")
    topic = column(pl.String, "name of the topic")
    partition = column(pl.Int32, "number of the partition")
    committed = column(pl.Int64, "as in `owned_lag`", "records")
    earliest = column(pl.Int64, "log start offset", "records")
    latest = column(pl.Int64, "high watermark", "records")
    last_stable = column(pl.Int64, "last stable offset: read_committed consumers stop here", "records")
    lag_records = column(pl.Int64, "as in `owned_lag`", "records")
    deleted_records = column(pl.Int64, "as in `owned_lag`", "records")
    ahead_records = column(pl.Int64, "as in `owned_lag`", "records")
    reset_records = column(pl.Int64, "as in `owned_lag`", "records")
    state = column(
        pl.String,
        "ok, catching up, falling behind, stalled (owned, records come, the commit stands for 3 min), blocked (the same at an "
        "open transaction), stopped (no members, stands for 30 min), abandoned (the same for a day), no commit, ahead of the "
        "log, data lost (deleted before it was committed); null: unknown, mostly because no look is old enough to compare with",
    )
    method = column(
        pl.String, "marker: the one offset left is taken for a transaction's marker, which is likely; null: by the numbers"
    )
    unseen = column(pl.String, "as in `owned_lag`", of_sight=True)
    assigned = column(pl.Boolean, "as in `owned_lag`")
    member = column(pl.String, "as in `owned_lag`")
    client_id = column(pl.String, "as in `owned_lag`")
    client_host = column(pl.String, "as in `owned_lag`")


def lag_state(  # noqa: PLR0913, PLR0917  (its needs)
    lag: OwnedLag,
    offsets: Offsets,
    groups: Groups,
    stable: LastStableOffsets | None,
    lag_10s: Annotated[Lag, Earlier(min_s=10)] | None,
    lag_3min: Annotated[Lag, Earlier(min_s=180)] | None,
    assignments_3min: Annotated[Assignments, Earlier(min_s=180)] | None,
    lag_30min: Annotated[Lag, Earlier(min_s=1800)] | None,
    lag_day: Annotated[Lag, Earlier(min_s=86_400)] | None,
) -> LagState:
    """The rows of `owned_lag` with their states."""
    frame = lag.df
    if stable is None:
        frame = frame.with_columns(last_stable=pl.lit(None, pl.Int64))
    else:
        ends = stable.df.select("topic", "partition", "last_stable")
        frame = frame.join(ends, on=_PLACE[1:], how="left", maintain_order="left")
    frame = frame.join(groups.df.select("group", "members").unique("group"), on="group", how="left", maintain_order="left")
    # Only who lags is compared with earlier looks: on a healthy cluster these joins have few rows.
    lagging = frame.filter(pl.col("lag_records") > 0).select(_PLACE)
    for name, before in (("10s", lag_10s), ("3min", lag_3min), ("30min", lag_30min), ("day", lag_day)):
        frame = _with_earlier(frame, lagging, before, name)
    owned_before = None if assignments_3min is None else assignments_3min.df.select(*_PLACE, owned_3min=pl.lit(value=True))
    if owned_before is None or not lagging.height:
        frame = frame.with_columns(owned_3min=pl.lit(None, pl.Boolean))
    else:
        owners = owned_before.drop_nulls(_PLACE).unique(_PLACE).join(lagging, on=_PLACE, how="semi")
        frame = frame.join(owners, on=_PLACE, how="left", maintain_order="left")
    frame = frame.with_columns(marker=_marker(_transactional(offsets)))
    return LagState(
        frame.with_columns(
            state=_state(day_seen=lag_day is not None),
            method=pl.when((pl.col("lag_records") > 0) & pl.col("marker")).then(pl.lit(MARKER)),
        ).select(*LagState.schema())
    )


def _with_earlier(frame: pl.DataFrame, lagging: pl.DataFrame, before: Lag | None, name: str) -> pl.DataFrame:
    """The positions of an earlier look beside those of now; null where that look was not taken or did not see them."""
    columns = {f"{column}_{name}": pl.col(column) for column in ("committed", "latest", "lag_records")}
    if before is None or not lagging.height:
        return frame.with_columns(pl.lit(None, pl.Int64).alias(column) for column in columns)
    rows = before.df.join(lagging, on=_PLACE, how="semi").select(*_PLACE, **columns)
    return frame.join(rows, on=_PLACE, how="left", maintain_order="left")


def _transactional(offsets: Offsets) -> bool | None:
    """Whether transactions were ever written on this cluster, by the topic of their coordinators; null when unseen."""
    ends = offsets.df.filter(pl.col("topic") == _TRANSACTION_LOG)["latest"]
    if (ends > 0).any():
        return True
    return None if offsets.unseen or ends.null_count() else False


def _marker(transactional: bool | None) -> pl.Expr:  # noqa: FBT001
    """One offset is left, no transaction is open, and nothing came and nothing was committed since the earlier look."""
    return (
        (pl.col("lag_records") == 1)
        & (pl.col("latest") == pl.col("latest_10s"))
        & (pl.col("committed") == pl.col("committed_10s"))
        & (pl.col("last_stable") == pl.col("latest"))
        & pl.lit(transactional, pl.Boolean)
    )


def _state(*, day_seen: bool) -> pl.Expr:
    committed, latest, lag = pl.col("committed"), pl.col("latest"), pl.col("lag_records")
    lost, ahead = pl.col("deleted_records") > 0, pl.col("ahead_records") > 0
    moved = committed > pl.col("committed_10s")
    stands_3min = (committed == pl.col("committed_3min")) & (latest > pl.col("latest_3min"))
    stands_30min = (committed == pl.col("committed_30min")) & (latest > pl.col("latest_30min"))
    stands_day = (committed == pl.col("committed_day")) if day_seen else pl.lit(value=False)
    owned = pl.col("assigned") & pl.col("owned_3min")
    idle = pl.col("members") == 0
    held_back = (committed == pl.col("last_stable")) & (pl.col("last_stable") < latest)
    unknown = pl.lit(None, pl.String)
    return (
        pl.when(~pl.col("begun")).then(pl.lit(NO_COMMIT))
        .when(lost).then(pl.lit(DATA_LOST))
        .when(ahead).then(pl.lit(AHEAD))
        .when(lost.is_null() | ahead.is_null() | lag.is_null()).then(unknown)
        .when(lag == 0).then(pl.lit(OK))
        # Everything that was there at the earlier look has been read: the group keeps pace.
        .when(moved & (committed >= pl.col("latest_10s"))).then(pl.lit(OK))
        .when(moved & (lag < pl.col("lag_records_10s"))).then(pl.lit(CATCHING_UP))
        .when(moved & (lag >= pl.col("lag_records_10s"))).then(pl.lit(FALLING_BEHIND))
        .when(moved.is_null() | moved).then(unknown)
        .when(pl.col("marker")).then(pl.lit(OK))
        .when(pl.col("marker").is_null()).then(unknown)
        .when(owned & stands_3min & held_back).then(pl.lit(BLOCKED))
        .when(owned & stands_3min & ~held_back).then(pl.lit(STALLED))
        .when(idle & stands_day).then(pl.lit(ABANDONED))
        .when(idle & stands_30min & ~stands_day).then(pl.lit(STOPPED))
    )  # fmt: skip
