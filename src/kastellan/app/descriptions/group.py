"""A group: its state, its members with what they own, and where it stands in every partition."""

from __future__ import annotations

import polars as pl

from kastellan.app.description import DescriptionParts, Section, attribute, none_or_unseen, required, section
from kastellan.app.standing import standing
from kastellan.model.tables.group_configs import GroupConfigs
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.last_stable_offsets import LastStableOffsets
from kastellan.model.tables.members import Members
from kastellan.model.tables.share_offsets import ShareOffsets
from kastellan.model.tables.stream_tasks import StreamTasks
from kastellan.views.group_lag import GroupLag
from kastellan.views.owned_lag import OwnedLag

WORD = "group"
_SHARE, _STREAMS = "share", "streams"


def build(  # noqa: PLR0913  (its needs)
    name: str,
    *,
    groups: Groups,
    members: Members,
    sums: GroupLag,
    lag: OwnedLag,
    stable: LastStableOffsets | None,
    configs: GroupConfigs | None,
    share: ShareOffsets | None,
    tasks: StreamTasks | None,
) -> DescriptionParts:
    """Everything about the group of this name."""
    required(WORD, name, groups.df["group"], all_listed=not groups.unseen)
    here = pl.col("group") == name
    (group,) = groups.df.filter(here).to_dicts()
    (total,) = sums.df.filter(here).to_dicts()
    sections = [_members(members, here), _partitions(lag, stable, here)]
    if group["type"] == _SHARE:
        columns = ("topic", "partition", "start_offset", "lag_records", "error")
        found = None if share is None else share.df.filter(here).sort("topic", "partition")
        sections.append(section("Share offsets", found, columns, none=none_or_unseen(share)))
    if group["type"] == _STREAMS:
        columns = ("member", "subtopology", "partition", "role")
        found = None if tasks is None else tasks.df.filter(here).sort("subtopology", "partition")
        sections.append(section("Tasks", found, columns, none=none_or_unseen(tasks)))
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
            attribute("error", group["error"] or "none"),
        ),
        sections=tuple(sections),
    )


def _lag(total: dict[str, int | None]) -> int | str | None:
    if total["lag_records"] is not None or total["lag_records_known"] is None:
        return total["lag_records"]
    return f"at least {total['lag_records_known']} ({total['partitions_unknown']} partitions unknown)"


def _members(members: Members, here: pl.Expr) -> Section:
    found = members.df.filter(here & pl.col("member").is_not_null()).sort("client_id", "member")
    lost = members.df.filter(here & pl.col("member").is_null()).height
    columns = ("member", "client_id", "client_host", "instance_id", "assigned", "subscribed", "epoch")
    none = "could not be described" if lost else none_or_unseen(members)
    return section("Members", found, columns, may_be_empty=("epoch",), none=none)


def _partitions(lag: OwnedLag, stable: LastStableOffsets | None, here: pl.Expr) -> Section:
    on = ["topic", "partition"]
    found = (
        lag.df.filter(here).with_columns(standing()).sort("lag_records", *on, descending=[True, False, False], nulls_last=False)
    )
    if stable is None:
        found = found.with_columns(committed_lag_records=pl.lit(None, pl.Int64))
    else:
        found = found.join(stable.df.select(*on, "last_stable"), on=on, how="left", maintain_order="left")
        found = found.with_columns(committed_lag_records=(pl.col("last_stable") - pl.col("committed")).clip(lower_bound=0))
    columns = ("topic", "partition", "committed", "latest", "lag_records", "committed_lag_records", "standing", "member")
    return section("Partitions", found, columns, may_be_empty=("member",), none="no commit")
