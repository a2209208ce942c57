"""Statements: what they name, what they may not do, and what they give of one look and of two."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from kastellan.app.sql import answer_statement, read, relations, requests_for, sql
from kastellan.engine.needs import ALL
from kastellan.engine.requests import keys_of, tables_of
from kastellan.kernel.errors import BadInput
from kastellan.model.catalogue import all_tables
from kastellan.model.snapshot import Snapshot
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.log_dirs import LogDirs
from kastellan.model.tables.partitions import Partitions
from kastellan.testing.fixed_source import FixedSource
from kastellan.testing.snapshots import AT_MS, edit, healthy, hide
from kastellan.views.catalogue import all_views


def rows(text: str, snapshot: Snapshot | None = None, before: Snapshot | None = None) -> list[tuple[object, ...]]:
    look = None if before is None else lambda _: before
    return answer_statement(snapshot or healthy(), read(text), before=look).frame.rows()


def test_tables_and_views_have_names_of_their_own():
    assert len(relations()) == len(all_tables()) + len(all_views())


@pytest.mark.parametrize("name", sorted(relations()))
def test_every_table_and_view_can_be_read(name):
    statement = read(f"select * from {name}")
    assert (statement.now, statement.before) == ((name,), ())
    try:
        found = answer_statement(healthy(), statement)
    except BadInput as error:
        assert "was not collected" in error.message or "needs an earlier look" in error.message  # noqa: PT017
    else:
        assert found.frame.columns == list(relations()[name].columns)


@pytest.mark.parametrize(
    ("text", "now", "before"),
    [
        ("select 1", (), ()),
        ("with topics as (select * from brokers) select * from topics", ("brokers",), ()),
        ("select * from topics where topic in (select topic from partitions)", ("topics", "partitions"), ()),
        ('select * from "groups" g left join members m on g.group = m.group', ("groups", "members"), ()),
        ("select topic from topics except select topic from before.topics -- brokers", ("topics",), ("topics",)),
        ("(select 'read_csv' as read_csv) union all (select 'brokers')", (), ()),
    ],
)
def test_what_a_statement_names(text, now, before):
    found = read(text)
    assert (set(found.now), set(found.before)) == (set(now), set(before))


@pytest.mark.parametrize(
    "text",
    [
        "select * from read_csv('/etc/passwd')",
        "SELECT * FROM Read_Parquet ('x')",
        "select * from \"read_csv\"('/etc/passwd')",
        "select * from `read_ipc`('x')",
        "select * from read_json/* a */('x')",
        "select * from read_csv -- a\n('x')",
        "select '/*', a from read_csv('x') where b = '*/'",
        "select '--' from read_csv('x')",
        "with a as (select * from read_ndjson('x')) select * from a",
    ],
)
def test_no_file_is_read(text):
    with pytest.raises(BadInput, match="reads or writes files"):
        read(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("drop table topics", "'drop' begins no reading"),
        ("/* select */ create table a as select 1", "'create' begins no reading"),
        ("select * from topix", "near are topics"),
        ("select * from before.nowhere", "there is no table 'before.nowhere'"),
        ("select * from '/etc/passwd'", "there is no table"),
        ("select foo from topics", 'unable to find column "foo"'),
        ("select 1; select 2", "only one"),
        ("select (", "cannot be carried out"),
    ],
)
def test_what_cannot_be_carried_out_is_told_in_one_sentence(text, says):
    with pytest.raises(BadInput, match="(?s)" + says.replace("(", r"\(")) as found:
        read(text)
    assert "\n" not in found.value.message


def test_rows_of_one_look():
    assert rows("select leader, count(*) from partitions where topic = 'orders' group by leader order by leader") == [
        (1, 1),
        (2, 1),
        (3, 1),
    ]
    assert rows("select topic, array_agg(partition) from partitions group by topic order by topic")[0] == ("orders", "0,1,2")


def test_what_differs_between_two_looks():
    older = edit(healthy(at_ms=AT_MS - 60_000), Partitions, {"topic": "orders", "partition": 0}, leader=3)
    moved = "select p.topic, p.partition, b.leader, p.leader from partitions p join before.partitions b using (topic, partition)"
    assert rows(f"{moved} where p.leader <> b.leader", before=older) == [("orders", 0, 3, 1)]


def test_an_earlier_look_has_to_be_named_and_another_cluster_is_told():
    statement = read("select * from before.topics")
    with pytest.raises(BadInput, match="name the look with --before"):
        answer_statement(healthy(), statement)
    asked: list[str | None] = []
    other = msgspec.structs.replace(healthy(), cluster_id="other")
    for earlier, told in ((healthy(), False), (other, True)):
        notes = answer_statement(healthy(), statement, before=lambda of, look=earlier: asked.append(of) or look).notes
        assert any("of another cluster: other" in each for each in notes) == told
    assert asked == [healthy().cluster_id] * 2


def test_a_table_that_the_look_does_not_hold_is_refused():
    others = {name: table for name, table in healthy().tables.items() if name != "topics"}
    without = msgspec.structs.replace(healthy(), tables=others)
    with pytest.raises(BadInput, match="topics was not collected"):
        answer_statement(without, read("select * from topics"))


def test_what_was_not_seen_is_told_with_its_reason():
    snapshot = edit(healthy(), LogDirs, {"broker": 1}, usable_bytes=None)
    found = answer_statement(hide(snapshot, "topic", "orders"), read("select topic from topics"))
    assert found.frame.rows() == [("payments",)]
    assert found.unseen
    assert found.reasons
    nulls = answer_statement(snapshot, read("select broker, usable_bytes from log_dirs"))
    assert (1, None) in nulls.frame.rows()
    assert any("not seen" in each for each in nulls.notes)


def test_only_what_is_named_is_asked_of_a_cluster():
    assert tables_of(requests_for(read("select * from topics"))) == {"topics"}
    assert {"commits", "offsets"} <= tables_of(requests_for(read("select * from lag")))
    assert keys_of(requests_for(read("select * from broker_configs")), "broker_configs") == {ALL}
    assert "min.insync.replicas" in keys_of(requests_for(read("select * from topic_configs")), "topic_configs")
    assert requests_for(read("select * from before.topics")) == ()


def test_live_and_saved_give_the_same_rows():
    statement = read("select * from groups")
    source = FixedSource(healthy())
    live = asyncio.run(sql(source, statement, 5.0))
    assert source.requested == [{"groups"}]
    assert live.frame.equals(answer_statement(healthy(), statement).frame)
    assert live.frame.height == healthy().tables[Groups.name].df.height
