"""A group: its state, its members with what they own, and where it stands in every partition."""

from __future__ import annotations

import polars as pl

from kastellan.app.description import DescriptionParts, Section, attribute, none_or_unseen, require_name, section
from kastellan.app.lists.lag_lists import NO_POSITION, group_states, partition_states
from kastellan.kernel.units import count_text, plural
from kastellan.model.tables.group_configs import GroupConfigs
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.members import Members
from kastellan.model.tables.share_offsets import ShareOffsets
from kastellan.model.tables.stream_tasks import StreamTasks
from kastellan.views.group_lag import GroupLag
from kastellan.views.lag_state import NO_COMMIT, LagState

WORD = "group"
_SHARE, _STREAMS = "share", "streams"


def build(
    name: str,
    *,
    groups: Groups,
    members: Members,
    sums: GroupLag,
    lag: LagState,
    configs: GroupConfigs | None,
    share: ShareOffsets | None,
    tasks: StreamTasks | None,
) -> DescriptionParts:
    """Everything about the group of this name."""
    name = require_name(WORD, name, groups.df["group"], all_listed=not groups.unseen)
    here = pl.col("group") == name
    (group,) = groups.df.filter(here).to_dicts()
    (total,) = group_states(sums).filter(here).to_dicts()
    sections = [_members(members, here), _partitions(lag, here)]
    if group["type"] == _SHARE:
        columns = ("topic", "partition", "start_offset", "lag_records", "error")
        rows = None if share is None else share.df.filter(here).sort("topic", "partition")
        sections.append(section("Share offsets", rows, columns, none=none_or_unseen(share)))
    if group["type"] == _STREAMS:
        columns = ("member", "subtopology", "partition", "role")
        rows = None if tasks is None else tasks.df.filter(here).sort("subtopology", "partition")
        sections.append(section("Tasks", rows, columns, none=none_or_unseen(tasks)))
    own = None if configs is None else configs.df.filter(here & (pl.col("source") == WORD)).sort("config")
    sections.append(section("Configs of its own", own, ("config", "value", "source"), none=none_or_unseen(configs)))
    return DescriptionParts(
        name=name,
        facts=(
            attribute("type", group["type"] or "classic"),
            attribute("state", group["state"]),
            attribute("coordinator", None if group["coordinator"] is None else f"broker/{group['coordinator']}"),
            attribute("members", group["members"]),
            attribute("assignor", group["assignor"] if group["members"] else "none while it has no members"),
            *(
                attribute(label, group[column], column)
                for label, column in (("group epoch", "epoch"), ("assignment epoch", "assignment_epoch"))
                if group[column] is not None
            ),
            attribute("lag", _lag(total)),
            attribute("lag state", total["lag_state"]),
            attribute("error", group["error"] or "none"),
        ),
        sections=tuple(sections),
    )


def _lag(total: dict[str, int | str | None]) -> int | str | None:
    if total["lag_records"] is not None:
        return total["lag_records"]
    left_out = (("partitions_unknown", "unknown"), ("partitions_no_commit", "without a commit"))
    why = [f"{plural(int(total[column] or 0), 'partition')} {words}" for column, words in left_out if total[column]]
    if total["lag_records_known"] is None:
        return "none: no partition has a commit" if total["worst_state_known"] == NO_COMMIT else None
    return f"at least {count_text(int(total['lag_records_known']))} ({', '.join(why)})"


def _members(members: Members, here: pl.Expr) -> Section:
    rows = members.df.filter(here & pl.col("member").is_not_null()).sort("client_id", "member")
    lost = members.df.filter(here & pl.col("member").is_null()).height
    columns = ("member", "client_id", "client_host", "instance_id", "assigned", "subscribed", "epoch")
    none = "could not be described" if lost else none_or_unseen(members)
    return section("Members", rows, columns, may_be_empty=("epoch",), none=none)


def _partitions(lag: LagState, here: pl.Expr) -> Section:
    rows = partition_states(LagState(lag.df.filter(here)))
    rows = rows.sort("lag_records", "topic", "partition", descending=[True, False, False], nulls_last=False)
    columns = ("topic", "partition", "committed", "latest", "lag_records", "stable_lag_records", "lag_state", "note", "member")
    return section("Partitions", rows, columns, may_be_empty=("note",), absent_where=NO_POSITION, none="no commit")
