"""Lag by groups and by partitions; with the age of the oldest unread record where that was asked for."""

from __future__ import annotations

from typing import Final

import polars as pl

from kastellan.app.lists.list_spec import ListSpec
from kastellan.app.standing import BEHIND, NO_COMMIT, standing
from kastellan.engine.requests import TableRequests, narrow_requests
from kastellan.model.snapshot import Moment
from kastellan.model.tables.commit_times import CommitTimes
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.last_stable_offsets import LastStableOffsets
from kastellan.views.group_lag import GroupLag
from kastellan.views.owned_lag import OwnedLag
from kastellan.views.uncommitted import Uncommitted

_PLACE: Final = ["group", "topic", "partition"]
_MS: Final = 1000.0


def _groups(lag: GroupLag) -> pl.DataFrame:
    return lag.df.sort("lag_records_known", "group", descending=[True, False], nulls_last=True)


def _partitions(lag: OwnedLag, uncommitted: Uncommitted, groups: Groups, stable: LastStableOffsets) -> pl.DataFrame:
    frame = _with_uncommitted(lag, uncommitted, groups)
    ends = stable.df.select("topic", "partition", "last_stable")
    return (
        frame.join(ends, on=["topic", "partition"], how="left", maintain_order="left")
        .with_columns(stable_lag_records=(pl.col("last_stable") - pl.col("committed")).clip(lower_bound=0))
        .sort("lag_records", "topic", "partition", descending=[True, False, False], nulls_last=True)
    )


def _with_uncommitted(lag: OwnedLag, uncommitted: Uncommitted, groups: Groups) -> pl.DataFrame:
    """The rows of `lag` and, behind them, owned partitions for which the group has no commit; a share group never commits."""
    frame = lag.df.with_columns(standing())
    sharing = groups.df.filter(pl.col("type") == "share")["group"]
    without = (
        uncommitted.df.drop_nulls(_PLACE).filter(~pl.col("group").is_in(sharing.to_list())).select(*_PLACE, "member", "answer")
    )
    if lag.unseen or not without.height:
        return frame
    return pl.concat([frame, without.with_columns(standing=pl.lit(NO_COMMIT), assigned=pl.lit(value=True))], how="diagonal")


def _timed(
    lag: OwnedLag,
    uncommitted: Uncommitted,
    groups: Groups,
    stable: LastStableOffsets,
    times: CommitTimes,
    moment: Moment,
) -> pl.DataFrame:
    found = times.df.select(*_PLACE, "written_ms", "error_ms", "method", "rounds")
    frame = _partitions(lag, uncommitted, groups, stable).join(found, on=_PLACE, how="left", maintain_order="left")
    age = ((pl.lit(moment.at_ms) - pl.col("written_ms")) / _MS).clip(lower_bound=0.0)
    unknown = (pl.col("standing") == BEHIND) & pl.col("written_ms").is_null()
    return frame.with_columns(
        lag_s=age,
        error_s=pl.col("error_ms") / _MS,
        standing=pl.when(unknown).then(pl.lit("behind; its age is unknown")).otherwise(pl.col("standing")),
    ).sort("lag_s", "lag_records", "topic", "partition", descending=[True, True, False, False], nulls_last=True)


def _timed_groups(lag: GroupLag, owned: OwnedLag, times: CommitTimes, moment: Moment) -> pl.DataFrame:
    behind = owned.df.with_columns(standing()).filter(pl.col("standing") == BEHIND)
    found = behind.join(times.df.select(*_PLACE, "written_ms", "error_ms", "method"), on=_PLACE, how="left")
    place = pl.format("{}-{}", "topic", "partition").sort_by("written_ms", nulls_last=True)
    worst = found.group_by("group").agg(
        written_ms=pl.col("written_ms").min(),
        error_ms=pl.col("error_ms").sort_by("written_ms", nulls_last=True).first(),
        method=pl.col("method").sort_by("written_ms", nulls_last=True).first(),
        oldest_on=place.first(),
        ages_unknown=pl.col("written_ms").null_count(),
    )
    frame = lag.df.join(worst, on="group", how="left", maintain_order="left")
    attribute = pl.col("written_ms").is_not_null()
    words = (
        pl.when(pl.col("lag_records") == 0).then(pl.lit("caught up"))
        .when(pl.col("ages_unknown") > 0).then(pl.format("at least; the ages of {} partitions are unknown", "ages_unknown"))
        .when(attribute).then(pl.lit(BEHIND))
        .when(pl.col("lag_records").is_null()).then(pl.lit("unknown: not every partition was seen"))
        .otherwise(pl.lit("older than the log, or beyond its end: kastellan lag GROUP"))
    )  # fmt: skip
    return frame.with_columns(
        lag_s=((pl.lit(moment.at_ms) - pl.col("written_ms")) / _MS).clip(lower_bound=0.0),
        error_s=pl.col("error_ms") / _MS,
        oldest_on=pl.when(attribute).then("oldest_on"),
        standing=words,
    ).sort("lag_s", "lag_records_known", "group", descending=[True, True, False], nulls_last=True)


def _of_group(requests: TableRequests, group: str) -> TableRequests:
    return narrow_requests(requests, CommitTimes.name, {group})


def lag_lists() -> dict[str, ListSpec]:
    """Four lists: of groups and of partitions, each without and with ages."""
    shown = (
        "group",
        "topic",
        "partition",
        "committed",
        "latest",
        "lag_records",
        "stable_lag_records",
        "standing",
        "member",
        "client_host",
    )
    empty = frozenset({"member", "client_id", "client_host", "unseen", "assigned"})
    # Where there is no commit there is nothing to measure from: `standing` says so.
    told = frozenset({"committed", "earliest", "latest", "lag_records", "stable_lag_records", "last_stable", "state"})
    ages = frozenset({"lag_s", "error_s", "method", "written_ms", "error_ms", "rounds", "oldest_on", "ages_unknown"})
    return {
        "lag": ListSpec(
            about="Groups by lag, the worst first.",
            rows=_groups, named="group", word="group",
            shown=("group", "state", "members", "partitions", "lag_records", "worst_lag_records_known"),
        ),
        "owned lag": ListSpec(hidden=True, rows=_partitions, named="group", word="group", shown=shown, may_be_empty=empty | told),
        "lag in seconds": ListSpec(
            hidden=True, rows=_timed_groups, named="group", word="group", costs=True,
            shown=("group", "state", "members", "lag_records", "lag_s", "error_s", "method", "oldest_on", "standing"),
            may_be_empty=ages,
        ),
        "owned lag in seconds": ListSpec(
            hidden=True, rows=_timed, named="group", word="group", costs=True, narrowed=_of_group,
            shown=(
                "group", "topic", "partition", "committed", "latest", "lag_records", "stable_lag_records", "lag_s", "error_s",
                "method", "standing", "member",
            ),
            may_be_empty=empty | told | ages,
        ),
    }  # fmt: skip
