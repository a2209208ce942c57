"""Lag by groups and by partitions; with the age of the oldest unread record where that was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import polars as pl

from kastellan.app.lists.list_spec import ListSpec
from kastellan.engine.requests import TableRequests, narrow_requests
from kastellan.kernel.units import count_text, plural
from kastellan.model.snapshot import Moment
from kastellan.model.tables.commit_times import CommitTimes
from kastellan.views.group_lag import GroupLag
from kastellan.views.lag_state import AHEAD, BLOCKED, CATCHING_UP, DATA_LOST, MARKER, NO_COMMIT, OK, LagState

UNKNOWN: Final = "unknown"
_ONE_LOOK: Final = "needs an earlier look: --watch"
_PLACE: Final = ["group", "topic", "partition"]
_MS: Final = 1000.0


NO_SUM: Final[Mapping[str, tuple[str, str | bool]]] = dict.fromkeys(
    ("lag_records", "lag_records_known", "worst_lag_records_known", "deleted_records_known"), ("lag_state", NO_COMMIT)
)
"""Columns of a group that do not apply while it has no commit at all, as `ListSpec.absent_where` takes them."""


NO_POSITION: Final[Mapping[str, tuple[str, str | bool]]] = {
    **dict.fromkeys(
        ("committed", "lag_records", "stable_lag_records", "deleted_records", "ahead_records"), ("lag_state", NO_COMMIT)
    ),
    **dict.fromkeys(("member", "client_id", "client_host"), ("assigned", False)),
}
"""The same for partitions: where there is no commit, and where nobody owns the partition."""


def group_states(lag: GroupLag) -> pl.DataFrame:
    """The groups with `lag_state`: the worst state of their partitions; those that lost data or are ahead of the log come first.

    A state that could not be decided stands above those that call for nothing.
    """
    worst = pl.col("worst_state_known")
    hidden = (pl.col("states_unknown") > 0) | pl.col("states_unknown").is_null()
    first = worst.is_in([DATA_LOST, AHEAD]).fill_null(value=False)
    return (
        lag.df.with_columns(
            lag_state=pl.when(worst.is_null() | (hidden & worst.is_in([OK, CATCHING_UP]))).then(pl.lit(UNKNOWN)).otherwise(worst)
        )
        .sort(
            first, "lag_records_known", "partitions_no_commit", "group", descending=[True, True, True, False], nulls_last=True
        )
    )  # fmt: skip


def partition_states(lag: LagState) -> pl.DataFrame:
    """The partitions with `lag_state`, what readers of committed records have left, and a `note` that says why."""
    return lag.df.with_columns(
        lag_state=pl.col("state").fill_null(UNKNOWN),
        stable_lag_records=pl.when(pl.col("committed").is_not_null()).then(
            (pl.col("last_stable") - pl.max_horizontal("committed", "earliest")).clip(lower_bound=0)
        ),
        note=_note(),
    ).drop("state")


def _note() -> pl.Expr:
    state, unseen = pl.col("state"), pl.col("unseen")
    return (
        pl.when(pl.col("topic").is_null()).then(pl.lit("the commits could not be read"))
        .when((state == NO_COMMIT) & pl.col("reset_records").is_not_null())
        .then(pl.format("auto.offset.reset: earliest reads {}, latest skips them", "reset_records"))
        .when(state == DATA_LOST).then(pl.format("{} deleted before they were committed", "deleted_records"))
        .when(state == AHEAD).then(pl.format("{} beyond the end", "ahead_records"))
        .when(state == BLOCKED).then(pl.lit("at an open transaction"))
        .when(pl.col("method") == MARKER).then(pl.lit("likely: the one offset left is a transaction's marker"))
        .when(unseen.is_not_null() & state.is_null())
        .then(pl.format("the {} was not seen", unseen.replace("end", "end of the log").replace("start", "start of the log")))
        .when(pl.col("lag_records").is_null() & state.is_null()).then(pl.lit("the coordinator does not say its lag"))
        .when(state.is_null()).then(pl.lit(_ONE_LOOK))
    )  # fmt: skip


def _groups(lag: GroupLag) -> pl.DataFrame:
    return group_states(lag)


def _partitions(lag: LagState) -> pl.DataFrame:
    first = pl.col("lag_state").is_in([DATA_LOST, AHEAD])
    return partition_states(lag).sort(
        first, "lag_records", "topic", "partition", descending=[True, True, False, False], nulls_last=True
    )


def _aged_partitions(lag: LagState, times: CommitTimes, moment: Moment) -> pl.DataFrame:
    ages = times.df.select(*_PLACE, "written_ms", "error_ms", "method", "rounds")
    frame = _partitions(lag).rename({"method": "state_method"}).join(ages, on=_PLACE, how="left", maintain_order="left")
    age = ((pl.lit(moment.at_ms) - pl.col("written_ms")) / _MS).clip(lower_bound=0.0)
    ageless = (pl.col("lag_records") > 0) & pl.col("written_ms").is_null()
    return frame.with_columns(
        lag_s=age,
        error_s=pl.col("error_ms") / _MS,
        note=pl.when(ageless & pl.col("note").is_in([_ONE_LOOK]).fill_null(value=True))
        .then(pl.lit("its age is unknown"))
        .otherwise("note"),
    ).sort("lag_s", "lag_records", "topic", "partition", descending=[True, True, False, False], nulls_last=True)


def _aged_groups(lag: GroupLag, partitions: LagState, times: CommitTimes, moment: Moment) -> pl.DataFrame:
    behind = partitions.df.filter(pl.col("lag_records") > 0).select(*_PLACE)
    aged = behind.join(times.df.select(*_PLACE, "written_ms", "error_ms", "method"), on=_PLACE, how="left")
    place = pl.format("{}-{}", "topic", "partition").sort_by("written_ms", nulls_last=True)
    oldest = aged.group_by("group").agg(
        written_ms=pl.col("written_ms").min(),
        error_ms=pl.col("error_ms").sort_by("written_ms", nulls_last=True).first(),
        method=pl.col("method").sort_by("written_ms", nulls_last=True).first(),
        oldest_on=place.first(),
        ages_unknown=pl.col("written_ms").null_count(),
    )
    frame = group_states(lag).join(oldest, on="group", how="left", maintain_order="left")
    age_seen = pl.col("written_ms").is_not_null()
    hidden = (pl.col("partitions_unknown") > 0) | pl.col("partitions_unknown").is_null()
    note = (
        pl.when(pl.col("ages_unknown") > 0).then(pl.format("at least; the ages of {} partitions are unknown", "ages_unknown"))
        .when(hidden).then(pl.lit("not every partition was seen"))
    )  # fmt: skip
    return frame.with_columns(
        lag_s=((pl.lit(moment.at_ms) - pl.col("written_ms")) / _MS).clip(lower_bound=0.0),
        error_s=pl.col("error_ms") / _MS,
        oldest_on=pl.when(age_seen).then("oldest_on"),
        note=note,
    ).sort("lag_s", "lag_records_known", "group", descending=[True, True, False], nulls_last=True)


def _of_group(requests: TableRequests, group: str) -> TableRequests:
    return narrow_requests(requests, CommitTimes.name, {group})


def _notes_of_groups(frame: pl.DataFrame) -> Iterable[str]:
    ahead = frame.filter(pl.col("worst_state_known") == AHEAD)["group"].to_list()
    if ahead:
        yield f"ahead of the log: the commits of {_few(ahead)} are beyond the end, so the lag says nothing; kastellan lag GROUP"
    without = frame.filter(pl.col("partitions_no_commit") > 0)
    if without.height:
        yield (
            f"no commit: {plural(int(without['partitions_no_commit'].sum()), 'partition')} of {_few(without['group'].to_list())}"
            " are owned and never committed; what is unread there is in no sum: kastellan lag GROUP"
        )
    lost = frame.filter(pl.col("deleted_records_known") > 0)
    if lost.height:
        total = count_text(int(lost["deleted_records_known"].sum()))
        groups = _few(lost["group"].to_list())
        yield f"data lost: {total} offsets of {groups} were deleted before they were committed; no lag has them"
    if (frame["lag_state"] == UNKNOWN).any():
        yield "unknown: one look does not show whether a lag grows or shrinks: kastellan lag --watch"


def _few(names: list[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more groups"  # noqa: PLR2004


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
        "lag_state",
        "note",
        "member",
        "client_host",
    )
    empty = frozenset({"note", "method", "state_method", "reset_records", "unseen"})
    ages = frozenset({"lag_s", "error_s", "method", "written_ms", "error_ms", "rounds", "oldest_on", "ages_unknown", "note"})
    return {
        "lag": ListSpec(
            about="Groups by lag, the worst first.",
            rows=_groups, named="group", word="group", absent_where=NO_SUM, notes=_notes_of_groups,
            shown=("group", "state", "members", "partitions", "lag_records", "worst_lag_records_known", "lag_state"),
        ),
        "owned lag": ListSpec(
            hidden=True, rows=_partitions, named="group", word="group", shown=shown, may_be_empty=empty, absent_where=NO_POSITION,
        ),
        "lag in seconds": ListSpec(
            hidden=True, rows=_aged_groups, named="group", word="group", costs=True, absent_where=NO_SUM, notes=_notes_of_groups,
            shown=("group", "state", "members", "lag_records", "lag_s", "error_s", "method", "oldest_on", "lag_state", "note"),
            may_be_empty=ages,
        ),
        "owned lag in seconds": ListSpec(
            hidden=True, rows=_aged_partitions, named="group", word="group", costs=True, narrowed=_of_group,
            shown=(
                "group", "topic", "partition", "committed", "latest", "lag_records", "stable_lag_records", "lag_s", "error_s",
                "method", "lag_state", "note", "member",
            ),
            may_be_empty=empty | ages, absent_where=NO_POSITION,
        ),
    }  # fmt: skip
