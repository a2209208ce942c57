"""The changes between two snapshots of one cluster.

The law: what one snapshot could not see is not a change. A null on either side says nothing, and a missing row means
absence only where that snapshot could enumerate all members.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator
from typing import NamedTuple

import polars as pl

from kastellan.kernel.errors import BadInput
from kastellan.kernel.outcome import State
from kastellan.model.changes import Became, Changes, Configured, Grown, How, Level, Membership, Moved
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.table import Table
from kastellan.model.tables.acls import Acls
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.brokers import Broker, Brokers
from kastellan.model.tables.features import Features
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.members import Members
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.quorum import Quorum
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.model.tables.topics import Topics

TABLES = frozenset(
    kind.name for kind in (Acls, BrokerConfigs, Brokers, Features, Groups, Members, Partitions, Quorum, TopicConfigs, Topics)
)
"""The tables that are compared."""
_MOST_SHOWN = 3
_PARTITION = ["topic", "partition"]


def diff(before: Snapshot, after: Snapshot) -> Changes:
    """The changes from one snapshot to a later one. Raises BadInput for snapshots of two clusters."""
    if before.cluster_id != after.cluster_id:
        ids = f"{before.cluster_id or 'one whose id was not seen'} and {after.cluster_id or 'one whose id was not seen'}"
        raise BadInput(f"the two looks are of different clusters ({ids}); compare looks of one cluster")
    topics = tuple(_topics(before, after))
    fresh = {str(change.subject.key[0]) for change in topics}
    return Changes(
        after_ms=before.at_ms,
        before_ms=after.at_ms,
        brokers=tuple(_brokers(before, after)),
        levels=(*_controller(before, after), *_features(before, after)),
        leaders=tuple(_leaders(before, after, fresh)),
        topics=topics,
        grown=tuple(_grown(before, after, fresh)),
        configs=(*_configs(before, after, TopicConfigs, "topic", fresh), *_configs(before, after, BrokerConfigs, "broker", ())),
        groups=tuple(_came_and_went(before, after, Groups, "group")),
        members=tuple(_members(before, after)),
        acls=tuple(_came_and_went(before, after, Acls, "acl")),
    )


def has_all_members(look: Snapshot, kind: type[Table], other: Snapshot) -> bool:
    """Whether the table of this snapshot lists every member, so that a member without a row did not exist.

    An answer that silently leaves out what the principal may not see counts as complete only in a comparison with a
    snapshot of the same principal.
    """
    table = look.table(kind)
    if table is None or table.unseen:
        return False
    if look.vantage.principal == other.vantage.principal:
        return True
    hiding = {answer.id for answer in look.answers if answer.state is State.VISIBLE_ONLY}
    return not (hiding & set(table.df["answer"].drop_nulls()) if table.df.height else hiding)


# --- nodes ------------------------------------------------------------------------------------------------------------


def _brokers(before: Snapshot, after: Snapshot) -> Iterator[Became]:
    earlier, later = (_by_id(look) for look in (before, after))
    for number in sorted(earlier.keys() | later.keys()):
        how = _became(earlier.get(number), later.get(number), before, after)
        if how is not None:
            yield Became(subject=Subject("broker", (number,)), how=how)


def _by_id(look: Snapshot) -> dict[int, Broker]:
    table = look.table(Brokers)
    return {broker.broker: broker for broker in table.rows} if table else {}


def _became(earlier: Broker | None, later: Broker | None, before: Snapshot, after: Snapshot) -> How | None:
    if earlier is None or later is None:
        here, absent, other = (later, before, after) if earlier is None else (earlier, after, before)
        # An id that only replicas name is no member.
        is_member = here is not None and here.registered is not False and (here.listed or here.registered)
        if not is_member or not has_all_members(absent, Brokers, other):
            return None
        return How.APPEARED if earlier is None else How.GONE
    if earlier.registered is False and later.registered:
        return How.APPEARED
    if earlier.registered and later.registered is False:
        return How.GONE
    if earlier.listed is None or later.listed is None or earlier.listed == later.listed:
        return None
    return How.BACK if later.listed else How.AWAY


def _controller(before: Snapshot, after: Snapshot) -> Iterator[Level]:
    earlier, later = ([row.leader for row in table.rows] if (table := look.table(Quorum)) else [] for look in (before, after))
    if earlier and later and earlier[0] is not None and later[0] is not None and earlier[0] != later[0]:
        yield Level(name="active controller", before=earlier[0], now=later[0])


def _features(before: Snapshot, after: Snapshot) -> Iterator[Level]:
    earlier, now = (
        {row.feature: row.finalized_level for row in table.rows} if (table := look.table(Features)) else {}
        for look in (before, after)
    )
    for name in sorted(earlier.keys() & now.keys()):
        old, new = earlier[name], now[name]
        if old is not None and new is not None and old != new:
            yield Level(name=name, before=old, now=new)


# --- topics and partitions --------------------------------------------------------------------------------------------


def _topics(before: Snapshot, after: Snapshot) -> Iterator[Became]:
    earlier, later = before.table(Topics), after.table(Topics)
    if earlier is None or later is None:
        return
    yield from _came_and_went(before, after, Topics, "topic")
    ids = earlier.df.select("topic", was="topic_id").join(later.df.select("topic", now="topic_id"), on="topic")
    for (name,) in ids.filter(pl.col("was") != pl.col("now")).select("topic").sort("topic").iter_rows():
        yield Became(subject=Subject("topic", (name,)), how=How.MADE_ANEW)


def _came_and_went(before: Snapshot, after: Snapshot, kind: type[Table], of: str) -> Iterator[Became]:
    """Members of a table whose key is that of the subjects `of`; nothing where one of the looks has no such table."""
    earlier, later = before.tables.get(kind.name), after.tables.get(kind.name)
    if earlier is None or later is None:
        return
    key = list(kind.key)
    for how, here, there, blind in ((How.APPEARED, later, earlier, before), (How.GONE, earlier, later, after)):
        if has_all_members(blind, kind, after if blind is before else before):
            rows = here.df.select(key).join(there.df.select(key), on=key, how="anti").drop_nulls().unique().sort(key)
            yield from (Became(subject=Subject(of, key), how=how) for key in rows.iter_rows())


def _leaders(before: Snapshot, after: Snapshot, fresh: Collection[str]) -> Iterator[Moved]:
    earlier, now = before.table(Partitions), after.table(Partitions)
    if earlier is None or now is None:
        return
    both = earlier.df.select(*_PARTITION, was="leader").join(now.df.select(*_PARTITION, now="leader"), on=_PARTITION)
    moved = both.filter(pl.col("was") != pl.col("now"))
    if fresh:
        moved = moved.filter(~pl.col("topic").is_in(sorted(fresh)))
    ways = (
        moved.sort(_PARTITION)
        .group_by("was", "now")
        .agg(pl.len().alias("count"), pl.col("topic").head(_MOST_SHOWN), pl.col("partition").head(_MOST_SHOWN))
        .sort("count", "was", "now", descending=[True, False, False])
    )
    for old, new, count, topics, numbers in ways.iter_rows():
        first_moved = tuple(Subject("partition", key) for key in zip(topics, numbers, strict=True))
        yield Moved(before=old, now=new, partitions=count, examples=first_moved)


def _grown(before: Snapshot, after: Snapshot, fresh: Container[object]) -> Iterator[Grown]:
    if not (has_all_members(before, Partitions, after) and has_all_members(after, Partitions, before)):
        return
    earlier, now = (
        look.tables[Partitions.name]
        .df.group_by("topic")
        .agg(count=pl.when(pl.col("partition").is_not_null().all()).then(pl.len()))
        for look in (before, after)
    )
    both = earlier.join(now, on="topic", suffix="_now").filter(pl.col("count") != pl.col("count_now")).sort("topic")
    for topic, old, new in both.iter_rows():
        if topic not in fresh:
            yield Grown(topic=topic, before=old, now=new)


def _configs(before: Snapshot, after: Snapshot, kind: type[Table], of: str, fresh: Container[object]) -> Iterator[Configured]:
    earlier, now = before.tables.get(kind.name), after.tables.get(kind.name)
    if earlier is None or now is None:
        return
    key = [of, "config"]
    both = earlier.df.select(*key, was="value").join(now.df.select(*key, now="value"), on=key)
    for name, config, old, new in both.filter(pl.col("was") != pl.col("now")).sort(key).iter_rows():
        if name not in fresh:
            yield Configured(subject=Subject(of, (name,)), config=config, before=old, now=new)


# --- groups -----------------------------------------------------------------------------------------------------------


class _Crew(NamedTuple):
    """The members of a group by their lasting identity: the instance id of a static member, else the member id."""

    names: frozenset[str]
    static: bool
    vague: bool
    """Of some it was not seen whether they are static."""


def _members(before: Snapshot, after: Snapshot) -> Iterator[Membership]:
    earlier, now = _members_of(before), _members_of(after)
    for group in sorted(earlier.keys() & now.keys()):
        old, new = earlier[group], now[group]
        if old is None or new is None or old.names == new.names:
            continue
        # A static member has another member id after every restart: unseen instance ids make it look like two.
        if not ((old.vague or new.vague) and (old.static or new.static)):
            yield Membership(group=group, joined=len(new.names - old.names), left=len(old.names - new.names))


def _members_of(look: Snapshot) -> dict[str, _Crew | None]:
    """The members of every listed group; None for a group that could not be described."""
    groups, members = look.table(Groups), look.table(Members)
    if groups is None or members is None:
        return {}
    static = pl.col("instance_id") != ""
    named = members.df.group_by("group").agg(
        pl.when(static).then(pl.lit("instance ") + pl.col("instance_id")).otherwise("member").alias("names"),
        static.any().alias("static"),
        pl.col("instance_id").is_null().any().alias("vague"),
        pl.col("member").is_null().any().alias("unseen"),
    )
    crews: dict[str, _Crew | None] = {
        # Without members there are no rows; that is told by their number, which is null when it was not seen.
        group: _Crew(frozenset(), static=False, vague=False) if count == 0 else None
        for group, count in groups.df.select("group", "members").iter_rows()
    }
    for group, names, is_static, vague, unseen in named.iter_rows():
        if group in crews:
            crews[group] = None if unseen else _Crew(frozenset(names), bool(is_static), bool(vague))
    return crews
