"""Lists that are tables as they are, sorted by their key."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated

import msgspec
import polars as pl

from kastellan.app.lists.list_spec import ListSpec
from kastellan.engine.needs import ALL, Keys, Wanted
from kastellan.model.catalogue import all_tables
from kastellan.model.table import Table
from kastellan.model.tables.groups import Groups


class _TableList(msgspec.Struct, frozen=True, kw_only=True):
    """A table, the names it also goes by, the word for the member that NAME selects, and what a person sees of it."""

    table: str
    aliases: tuple[str, ...] = ()
    word: str = ""
    named: str = ""
    shown: tuple[str, ...] = ()
    may_be_empty: tuple[str, ...] = ()
    keys: Keys | None = None
    narrowed: Callable[[Wanted, str], Wanted] | None = None
    name_needed: str = ""
    told_by: tuple[str, ...] = ()


_CURATED = frozenset({"brokers", "topics", "partitions", "groups", "quorum", "quorum_nodes"})
"""Tables that have a list of their own making."""


def _whole_topic(wanted: Wanted, topic: str) -> Wanted:
    return msgspec.structs.replace(wanted, topic_keys=frozenset(), whole_topics=frozenset({topic}))


def _producers_of(wanted: Wanted, topic: str) -> Wanted:
    return msgspec.structs.replace(wanted, producers_of=frozenset({topic}))


_TABLE_LISTS = (
    _TableList(
        table="acls",
        aliases=("acl",),
        told_by=("DescribeAcls",),
        word="principal",
        shown=("principal", "permission", "operation", "resource_type", "resource", "pattern_type", "host"),
    ),
    _TableList(table="scram_users", aliases=("users", "user", "scram"), word="user", shown=("user", "mechanism", "iterations")),
    _TableList(table="quotas", aliases=("quota", "client-quotas"), word="entity", shown=("entity", "quota", "value")),
    _TableList(
        table="delegation_tokens",
        aliases=("tokens", "token"),
        told_by=("DescribeDelegationToken",),
        word="token",
        named="owner",
        shown=("token_id", "owner", "renewers", "issued_ms", "expires_ms", "max_ms"),
        may_be_empty=("requester",),
    ),
    _TableList(table="client_metrics", aliases=("metrics-subscriptions", "subscriptions"), word="subscription"),
    _TableList(table="broker_loggers", aliases=("loggers", "logger", "log-levels"), word="broker"),
    _TableList(
        table="topic_configs",
        aliases=("configs", "config"),
        word="topic",
        keys=Keys(ALL),
        narrowed=_whole_topic,
        may_be_empty=("value",),
    ),
    _TableList(
        table="broker_configs",
        word="broker",
        keys=Keys(ALL),
        shown=("broker", "config", "value", "source", "sensitive", "read_only"),
        may_be_empty=("value", "source", "sensitive", "read_only", "seen"),
    ),
    _TableList(table="group_configs", word="group"),
    _TableList(
        table="members",
        aliases=("member", "consumers"),
        word="group",
        shown=("group", "member", "client_id", "client_host", "instance_id", "assigned", "subscribed", "protocol", "epoch"),
        may_be_empty=("target", "epoch", "rack", "process_id", "topology_epoch", "regex", "protocol"),
    ),
    _TableList(table="assignments", aliases=("assignment",), word="group"),
    _TableList(table="commits", aliases=("commit", "committed"), word="group", may_be_empty=("error",)),
    _TableList(
        table="share_offsets",
        aliases=("share-offset",),
        word="group",
        shown=("group", "topic", "partition", "start_offset", "lag_records", "error"),
    ),
    _TableList(table="stream_tasks", aliases=("streams-tasks", "tasks"), word="group"),
    _TableList(table="stream_topics", aliases=("streams-topics", "topology"), word="group"),
    _TableList(
        table="producers",
        aliases=("producer",),
        word="topic",
        narrowed=_producers_of,
        name_needed="DescribeProducers needs READ on the topic, so it is asked for one topic only: kastellan get producers TOPIC",
        shown=("topic", "partition", "producer_id", "producer_epoch", "last_append_ms", "transaction_start"),
    ),
    _TableList(
        table="replicas",
        aliases=("replica",),
        word="topic",
        may_be_empty=("eligible", "last_known_eligible"),
        shown=("topic", "partition", "broker", "position", "in_sync", "offline", "eligible", "last_known_eligible"),
    ),
    _TableList(table="offsets", aliases=("offset", "ends"), word="topic"),
    _TableList(table="last_stable_offsets", aliases=("lso",), word="topic"),
    _TableList(table="reassignments", aliases=("reassignment", "moves"), word="topic"),
    _TableList(table="log_dirs", aliases=("logdirs", "dirs", "disks"), word="broker", may_be_empty=("error",)),
    _TableList(
        table="replica_sizes",
        aliases=("sizes", "size"),
        word="topic",
        named="topic",
        shown=("broker", "path", "topic", "partition", "size_bytes", "offset_lag_records", "future"),
    ),
    _TableList(
        table="transactions",
        aliases=("transaction", "txns"),
        word="transaction",
        shown=("transactional_id", "coordinator", "producer_id", "state", "start_ms", "timeout_ms"),
    ),
    _TableList(table="transaction_partitions", aliases=("txn-partitions",), word="transaction"),
    _TableList(
        table="features", aliases=("feature",), word="feature", may_be_empty=("finalized_level", "supported_min", "supported_max")
    ),
    _TableList(table="api_versions", aliases=("apis",), word="broker"),
)


def table_lists() -> dict[str, ListSpec]:
    """Each by the name of its table with dashes; a table that is not declared above is listed too, as it is."""
    declared = {each.table for each in _TABLE_LISTS}
    others = (_TableList(table=name, word=name) for name in all_tables() if name not in declared | _CURATED)
    found = {each.table.replace("_", "-"): _list(each) for each in (*_TABLE_LISTS, *others)}
    of_type = (("share-groups", "share", ("share-group",)), ("streams-groups", "streams", ("stream-groups", "streams-group")))
    return found | {name: _groups_of(kind, aliases) for name, kind, aliases in of_type}


def _list(spec: _TableList) -> ListSpec:
    kind = all_tables()[spec.table]
    columns = [each for each in kind.columns if each != "answer"]
    return ListSpec(
        rows=_rows(kind, spec.keys),
        named=spec.named or kind.roster,
        word=spec.word,
        shown=spec.shown or tuple(columns),
        may_be_empty=frozenset(spec.may_be_empty),
        aliases=spec.aliases,
        narrowed=spec.narrowed,
        name_needed=spec.name_needed,
        told_by=frozenset(spec.told_by),
        about=(sys.modules[kind.__module__].__doc__ or "").partition("\n")[0],
    )


def _rows(kind: type[Table], keys: Keys | None) -> Callable[..., pl.DataFrame]:
    """The table's rows by its key; its annotation is its need."""

    def rows(table: Table) -> pl.DataFrame:
        # A saved look has rows of the keys that checks ask for and that this release does not know.
        absent = pl.col("seen") & pl.col("source").is_null() & pl.col("value").is_null()
        told = table.df.filter(~absent.fill_null(value=False)) if "seen" in kind.columns else table.df
        return told.sort(*kind.key, nulls_last=True)

    rows.__annotations__ = {"table": Annotated[kind, keys] if keys else kind, "return": pl.DataFrame}
    return rows


def _groups_of(kind: str, aliases: tuple[str, ...]) -> ListSpec:
    def rows(groups: Groups) -> pl.DataFrame:
        return groups.df.filter(pl.col("type") == kind).sort("group")

    rows.__annotations__ = {"groups": Groups, "return": pl.DataFrame}
    return ListSpec(
        rows=rows,
        named="group",
        word="group",
        shown=("group", "state", "coordinator", "members", "epoch", "assignment_epoch", "assignor", "topology_epoch"),
        may_be_empty=frozenset({"topology_epoch", "assignor", "epoch", "assignment_epoch", "error"}),
        aliases=aliases,
        about=f"The {kind} groups.",
    )
