"""Lists that are tables as they are, sorted by their key."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from typing import Annotated

import polars as pl

from kastellan.app.lists.lag_lists import NO_SUM, group_states
from kastellan.app.lists.list_spec import ListSpec
from kastellan.engine.needs import ALL, Keys
from kastellan.engine.requests import TableRequests, narrow_requests
from kastellan.model.catalogue import all_tables, own_requests
from kastellan.model.table import Table
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.producers import Producers
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.views.group_lag import GroupLag


def _configs_of_topic(requests: TableRequests, topic: str) -> TableRequests:
    return narrow_requests(requests, TopicConfigs.name, {topic})


def _producers_of_topic(requests: TableRequests, topic: str) -> TableRequests:
    return narrow_requests(requests, Producers.name, {topic})


_KEYS: dict[type[Table], Keys] = {TopicConfigs: Keys(ALL), BrokerConfigs: Keys(ALL)}
_NARROWED: dict[type[Table], Callable[[TableRequests, str], TableRequests]] = {
    TopicConfigs: _configs_of_topic,
    Producers: _producers_of_topic,
}


def table_lists(curated: Collection[str]) -> dict[str, ListSpec]:
    """Every table as it is, by its name with dashes; `curated` are the names that other lists have already."""
    names = {name.replace("_", "-"): kind for name, kind in all_tables().items()}
    lists = {name: _list(kind) for name, kind in names.items() if name not in curated}
    of_type = (("share-groups", "share", ("share-group",)), ("streams-groups", "streams", ("stream-groups", "streams-group")))
    return lists | {name: _groups_of(kind, aliases) for name, kind, aliases in of_type}


def _list(kind: type[Table]) -> ListSpec:
    listing, columns = kind.listing, [name for name in kind.columns if name != "answer"]
    return ListSpec(
        rows=_rows(kind, _KEYS.get(kind)),
        named=listing.name_column or kind.roster,
        word=listing.noun or kind.name,
        shown=listing.shown or tuple(columns),
        may_be_empty=frozenset(name for name, column in kind.columns.items() if column.nullable),
        aliases=listing.aliases,
        narrowed=_NARROWED.get(kind),
        name_needed=listing.name_required,
        told_by=own_requests(kind),
        about=(sys.modules[kind.__module__].__doc__ or "").partition("\n")[0],
    )


def _rows(kind: type[Table], keys: Keys | None) -> Callable[..., pl.DataFrame]:
    """The table's rows by its key; its annotation is its need."""

    def rows(table: Table) -> pl.DataFrame:
        # A saved look has rows of the keys that checks ask for and that this release does not know.
        absent = pl.col("seen") & pl.col("source").is_null() & pl.col("value").is_null()
        rows = table.df.filter(~absent.fill_null(value=False)) if "seen" in kind.columns else table.df
        return rows.sort(*kind.key, nulls_last=True)

    rows.__annotations__ = {"table": Annotated[kind, keys] if keys else kind, "return": pl.DataFrame}
    return rows


def _groups_of(kind: str, aliases: tuple[str, ...]) -> ListSpec:
    def rows(groups: Groups, lag: GroupLag) -> pl.DataFrame:
        epochs = groups.df.select("group", "epoch", "assignment_epoch", "assignor", "topology_epoch", "error")
        of_kind = group_states(lag).filter(pl.col("type") == kind)
        return of_kind.join(epochs, on="group", how="left", maintain_order="left").sort("group")

    rows.__annotations__ = {"groups": Groups, "lag": GroupLag, "return": pl.DataFrame}
    return ListSpec(
        rows=rows,
        named="group",
        word="group",
        shown=(
            *("group", "state", "coordinator", "members", "lag_records", "lag_state"),
            *("epoch", "assignment_epoch", "assignor", "topology_epoch"),
        ),
        may_be_empty=frozenset({"topology_epoch", "assignor", "epoch", "assignment_epoch", "error"}),
        absent_where=NO_SUM,
        aliases=aliases,
        about=f"The {kind} groups.",
    )
