from __future__ import annotations

import random

import msgspec
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kastellan.kernel.errors import BadInput
from kastellan.kernel.outcome import State
from kastellan.model.changes import Became, Changes, Configured, Grown, How, Level, Membership
from kastellan.model.diff import TABLES, diff
from kastellan.model.snapshot import Vantage
from kastellan.model.subject import Subject
from kastellan.model.tables.acls import Acls
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.features import Features
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.members import Members
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.quorum import Quorum
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.model.tables.topics import Topics
from kastellan.testing.random_faults import sicken
from kastellan.testing.snapshots import AT_MS, add, drop, edit, healthy, hide, rebuilt

BEFORE = healthy()
LATER = healthy(at_ms=AT_MS + 60_000)


def changed(after, before=BEFORE) -> Changes:
    return diff(before, after)


def test_the_same_cluster_has_not_changed():
    told = changed(LATER)
    assert not told.has_any
    assert (told.after_ms, told.before_ms) == (AT_MS, AT_MS + 60_000)


def test_leaders_that_moved_are_counted_by_way():
    moved = edit(LATER, Partitions, {"topic": "orders", "leader": 1}, leader=2)
    (way,) = changed(moved).leaders
    assert (way.before, way.now, way.partitions, way.examples) == (1, 2, 1, (Subject("partition", ("orders", 0)),))


def test_a_leader_that_nobody_saw_has_not_moved():
    assert not changed(edit(LATER, Partitions, {"topic": "orders"}, leader=None)).has_any


def test_a_config_tells_its_key_and_both_values():
    topic = edit(LATER, TopicConfigs, {"topic": "orders", "config": "retention.ms"}, value="60000")
    assert changed(topic).configs == (
        Configured(subject=Subject("topic", ("orders",)), config="retention.ms", before="604800000", now="60000"),
    )
    broker = edit(LATER, BrokerConfigs, {"broker": 2, "config": "num.partitions"}, value="9")
    assert changed(broker).configs == (Configured(subject=Subject("broker", (2,)), config="num.partitions", before="3", now="9"),)


def test_a_sensitive_value_is_never_seen_and_never_told():
    assert not changed(edit(LATER, BrokerConfigs, {"broker": 2, "config": "num.partitions"}, value=None)).has_any


def test_topics_come_go_and_are_made_anew():
    assert changed(healthy(topics={"orders": 3, "payments": 3, "new": 1}, at_ms=AT_MS + 1)).topics == (
        Became(subject=Subject("topic", ("new",)), how=How.APPEARED),
    )
    assert changed(healthy(topics={"orders": 3}, at_ms=AT_MS + 1)).topics == (
        Became(subject=Subject("topic", ("payments",)), how=How.GONE),
    )
    anew = edit(LATER, Topics, {"topic": "orders"}, topic_id="f" * 32)
    anew = edit(anew, Partitions, {"topic": "orders"}, leader=3)
    anew = edit(anew, TopicConfigs, {"topic": "orders", "config": "retention.ms"}, value="1")
    told = changed(anew)
    assert told.topics == (Became(subject=Subject("topic", ("orders",)), how=How.MADE_ANEW),)
    assert not told.leaders
    assert not told.configs


def test_a_topic_that_got_partitions():
    more = healthy(topics={"orders": 5, "payments": 3}, at_ms=AT_MS + 1)
    assert changed(more).grown == (Grown(topic="orders", before=3, now=5),)


def test_a_topic_that_another_principal_may_not_see_is_not_gone():
    other = msgspec.structs.replace(
        healthy(topics={"orders": 3}),
        vantage=Vantage(principal="User:less"),
        answers=(msgspec.structs.replace(BEFORE.answers[0], state=State.VISIBLE_ONLY),),
    )
    assert not changed(other).topics
    same = msgspec.structs.replace(other, vantage=BEFORE.vantage)
    assert [each.how for each in changed(same).topics] == [How.GONE]


@pytest.mark.parametrize(
    ("was", "now", "how"),
    [
        ({}, {"listed": False}, How.AWAY),
        ({"listed": False}, {}, How.BACK),
        ({}, {"listed": False, "registered": False}, How.GONE),
        ({"listed": False, "registered": False}, {}, How.APPEARED),
        ({}, {"listed": None}, None),
        ({}, {"reached": False, "trouble": "silent"}, None),
    ],
)
def test_brokers_leave_and_return(was, now, how):
    before = edit(BEFORE, Brokers, {"broker": 2}, **was) if was else BEFORE
    after = edit(LATER, Brokers, {"broker": 2}, **now) if now else LATER
    told = changed(after, before).brokers
    assert told == (() if how is None else (Became(subject=Subject("broker", (2,)), how=how),))


def test_a_broker_without_a_row_has_gone_only_where_all_were_listed():
    gone = drop(LATER, Brokers, {"broker": 3})
    assert [each.how for each in changed(gone).brokers] == [How.GONE]
    assert [each.how for each in diff(drop(BEFORE, Brokers, {"broker": 3}), LATER).brokers] == [How.APPEARED]
    assert not changed(hide(gone, "broker")).brokers


def test_controller_and_feature_levels():
    after = edit(edit(LATER, Quorum, {}, leader=102), Features, {"feature": "metadata.version"}, finalized_level=31)
    assert changed(after).levels == (
        Level(name="active controller", before=101, now=102),
        Level(name="metadata.version", before=30, now=31),
    )


def test_members_join_and_leave_and_a_static_one_stays_itself():
    joined = add(LATER, Members, {"group": "billing", "member": "billing-9"})
    assert changed(joined).members == (Membership(group="billing", joined=1, left=0),)
    left = drop(edit(LATER, Groups, {"group": "billing"}, members=0), Members, {"group": "billing"})
    assert changed(left).members == (Membership(group="billing", joined=0, left=2),)
    before = edit(BEFORE, Members, {"member": "billing-0"}, instance_id="static-0")
    again = edit(LATER, Members, {"member": "billing-0"}, instance_id="static-0", member="other")
    assert not changed(again, before).members


def test_members_of_a_group_that_could_not_be_described_have_not_left():
    hidden = drop(edit(LATER, Groups, {"group": "billing"}, members=None), Members, {"group": "billing"})
    assert not changed(add(hidden, Members, {"group": "billing"})).members
    assert not changed(hidden).members


def test_groups_appear_and_go():
    after = healthy(groups={"billing": "orders", "audit": "orders"}, at_ms=AT_MS + 1)
    assert changed(after).groups == (Became(subject=Subject("group", ("audit",)), how=How.APPEARED),)
    assert [each.how for each in diff(after, LATER).groups] == [How.GONE]


def test_two_clusters_are_not_compared():
    with pytest.raises(BadInput, match="different clusters"):
        changed(msgspec.structs.replace(LATER, cluster_id="another"))


def facts(changes: Changes) -> set:
    """Every single change, with partitions that moved as many as they are."""
    kinds = ("brokers", "levels", "topics", "grown", "configs", "groups", "members")
    return {each for kind in kinds for each in getattr(changes, kind)}


def moves(changes: Changes) -> dict:
    return {(each.before, each.now): each.partitions for each in changes.leaders}


@given(st.integers(0, 2**32), st.booleans())
@settings(max_examples=20)
def test_what_one_side_could_not_see_is_not_a_change(seed, earlier):
    """Blanking values and hiding rows, on either side, only ever takes changes away."""
    rng = random.Random(seed)
    sides = [sicken(BEFORE, rng), sicken(LATER, rng)]
    whole = diff(*sides)
    side = 0 if earlier else 1
    for _ in range(rng.randint(1, 3)):
        name = rng.choice(sorted(TABLES))
        table = sides[side].tables[name]
        if rng.random() < 0.5:
            values = [each for each in table.columns if each not in (*table.key, "answer")]
            blank = rng.choice(values) if values else None
            if blank is None or (name == "brokers" and blank == "reason"):
                continue
            hit = pl.Series([rng.random() < 0.5 for _ in range(table.df.height)], dtype=pl.Boolean)
            df = table.df.with_columns(pl.when(hit).then(None).otherwise(pl.col(blank)).alias(blank))
            sides[side] = sides[side].with_table(rebuilt(type(table), df, table.unseen))
        else:
            column = table.roster
            member = rng.choice(table.df[column].to_list()) if table.df.height else None
            sides[side] = hide(sides[side], column, member)
    less = diff(*sides)
    assert facts(less) <= facts(whole)
    assert all(moves(whole).get(way, 0) >= count for way, count in moves(less).items())


def test_rights_that_were_given_and_taken_are_told_one_by_one():
    rule = {"resource_type": "topic", "resource": "orders", "pattern_type": "literal", "principal": "User:shop", "host": "*"}
    given = add(LATER, Acls, {**rule, "operation": "write", "permission": "allow"})
    (became,) = changed(given).acls
    assert (became.how, became.subject.text) == (How.APPEARED, "ACL allow User:shop write on topic orders")
    (taken,) = diff(given, healthy(at_ms=AT_MS + 120_000)).acls
    assert (taken.how, taken.subject) == (How.GONE, became.subject)
    assert diff(given, hide(healthy(at_ms=AT_MS + 120_000), "principal")).acls == ()
