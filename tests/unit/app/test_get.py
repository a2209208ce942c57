from __future__ import annotations

import pytest

from kastellan.app.get import build_listing, list_called, requests_for
from kastellan.app.lists.catalogue import LISTS
from kastellan.app.query import Query
from kastellan.engine.requests import keys_of, members_of, requests_of, tables_of
from kastellan.kernel.errors import BadInput
from kastellan.model.catalogue import all_tables
from kastellan.model.snapshot import Snapshot
from kastellan.model.tables.acls import Acls
from kastellan.model.tables.commits import Commits
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.offsets import Offsets
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.producers import Producers
from kastellan.model.tables.quorum_nodes import QuorumNodes
from kastellan.model.tables.reassignments import Reassignments
from kastellan.model.tables.replicas import Replicas
from kastellan.model.tables.share_offsets import ShareOffsets
from kastellan.surfaces.cli.screen import Screen
from kastellan.surfaces.cli.show.rows_text import show
from kastellan.testing.snapshots import add, drop, edit, healthy, hide
from kastellan.views.catalogue import all_views


def one(listed_rows, **where):
    (row,) = [each for each in listed_rows.rows if all(each[name] == value for name, value in where.items())]
    return row


def text(found) -> str:
    screen = Screen(width=120)
    show(found, screen)
    return screen.text()


NONE_THERE = {"share-groups", "streams-groups"}
NAMED = {"producers"}
"""Lists that are made for a named member only."""


@pytest.mark.parametrize("name", LISTS.keys() - NAMED)
def test_every_list_of_a_whole_cluster_shows_no_question_mark(name):
    found = build_listing(healthy(), name, None)
    behind = [healthy().tables[each] for each in tables_of(requests_for(name))]
    assert bool(found.rows) == (name not in NONE_THERE and any(each.df.height for each in behind))
    assert set(found.shown) <= set(found.columns)
    assert "?" not in text(found)
    assert found.incomplete_answers == ()


@pytest.mark.parametrize("name", LISTS.keys() - NAMED)
def test_every_list_works_on_an_empty_cluster(name):
    found = build_listing(healthy(brokers=1, topics={}, groups={}), name, None)
    assert text(found)


def test_every_table_can_be_listed():
    told = set().union(*(tables_of(requests_of([each.rows], all_views())) for each in LISTS.values()))
    assert all_tables().keys() == told


def test_a_list_goes_by_its_other_names_and_a_mistyped_one_gets_near_ones():
    assert [list_called(each) for each in ("ACL", "users", "broker_configs", "configs", "tokens", "group")] == [
        "acls", "scram-users", "broker-configs", "topic-configs", "delegation-tokens", "groups",
    ]  # fmt: skip
    words = [word for each in LISTS.values() for word in each.aliases]
    assert len(words) == len({*words}) == len({*words} - LISTS.keys())
    with pytest.raises(BadInput, match=r"near are .*partitions"):
        list_called("partitionz")
    with pytest.raises(BadInput, match="there are brokers"):
        list_called("owned lag")


def test_producers_are_listed_for_a_named_topic_only():
    with pytest.raises(BadInput, match="needs READ"):
        build_listing(healthy(), "producers", None)
    row = {"topic": "orders", "partition": 0, "producer_id": 7, "last_append_ms": 1_700_000_000_000, "transaction_start": -1}
    found = build_listing(add(healthy(), Producers, row), "producers", "orders")
    assert "2023-11-14 22:13:20Z" in text(found)
    assert members_of(requests_for("producers", "orders"), "producers") == {"orders"}
    assert members_of(requests_for("topic-configs", "orders"), "topic_configs") == {"orders"}
    assert keys_of(requests_for("topic-configs", "ord*"), "topic_configs") == {"*"}


def test_a_name_may_be_a_pattern():
    assert {each["topic"] for each in build_listing(healthy(), "topics", "p*").rows} == {"payments"}
    with pytest.raises(BadInput, match="no topic is called 'x\\*'"):
        build_listing(healthy(), "topics", "x*")


def test_conditions_order_and_columns():
    snapshot = edit(healthy(topics={"orders": 4, "payments": 3, "audit": 1}), Offsets, {"topic": "audit"}, latest=None)
    found = build_listing(
        snapshot, "topics", None, query=Query(where=("partitions>=3",), sort="-records", columns=("topic", "min-insync-replicas"))
    )
    assert [each["topic"] for each in found.rows] == ["orders", "payments"]
    assert found.shown == ("topic", "min_insync_replicas")
    unsure = build_listing(snapshot, "topics", None, query=Query(where=("records>0",)))
    assert [each["topic"] for each in unsure.rows] == ["orders", "payments"]
    assert "of 1 row it is not known whether --where fits" in " ".join(unsure.notes)
    assert [each["topic"] for each in build_listing(snapshot, "topics", None, query=Query(where=("records=?",))).rows] == [
        "audit"
    ]
    both = build_listing(snapshot, "topics", None, query=Query(where=("records>0", "topic=aud*")))
    assert (both.rows, both.notes) == (
        (),
        ("of 1 row it is not known whether --where fits: a value was not seen", "--where fits none of 3 rows"),
    )
    few = build_listing(snapshot, "partitions", None, query=Query(limit=2))
    assert len(few.rows) == 2
    assert few.notes == ("6 rows more: --limit 2",)
    assert build_listing(snapshot, "brokers", None, query=Query(where=("fenced=no", "broker!=2"))).rows[1]["broker"] == 3


def test_nothing_seen_is_not_none_there():
    assert build_listing(healthy(), "acls", None).too_little_seen is False
    # Rows are there, and a request that failed may have hidden others.
    assert build_listing(hide(healthy(), "principal"), "acls", None).too_little_seen
    emptied = hide(drop(healthy(), Acls, {}), "principal")
    assert build_listing(emptied, "acls", None).too_little_seen
    assert "nothing could be listed" in text(build_listing(emptied, "acls", None))


def test_broker_counts():
    found = build_listing(
        edit(healthy(), Replicas, {"topic": "orders", "partition": 0, "broker": 2}, in_sync=False), "brokers", None
    )
    assert [(each["leaders"], each["replicas"], each["out_of_sync"]) for each in found.rows] == [(2, 6, 0), (2, 6, 1), (2, 6, 0)]
    assert [each["state"] for each in found.rows] == ["live"] * 3


def test_counts_over_partitions_that_could_not_be_listed_are_not_told():
    found = build_listing(hide(healthy(), "topic"), "brokers", None)
    assert {each["leaders"] for each in found.rows} == {None}
    assert "?" in text(found)
    assert "UNSEEN" in text(found)


def test_topic_sums_with_an_unseen_part_are_not_told():
    snapshot = edit(healthy(), Offsets, {"topic": "orders", "partition": 0}, latest=None)
    snapshot = edit(snapshot, Replicas, {"topic": "payments", "partition": 1, "broker": 1}, in_sync=None)
    snapshot = edit(snapshot, Partitions, {"topic": "payments", "partition": 1}, leader=None)
    found = build_listing(snapshot, "topics", None)
    assert one(found, topic="orders")["records"] is None
    assert one(found, topic="orders")["under_replicated"] == 0
    assert one(found, topic="payments")["records"] == 3000
    assert one(found, topic="payments")["under_replicated"] is None
    assert one(found, topic="payments")["offline"] is None


def test_partitions_of_a_topic():
    snapshot = edit(healthy(), Replicas, {"topic": "orders", "partition": 0, "broker": 2}, in_sync=False)
    found = build_listing(snapshot, "partitions", "orders")
    assert len(found.rows) == 3
    assert one(found, partition=0)["replicas"] == "1,2,3"
    assert one(found, partition=0)["in_sync"] == "1,3"


def test_the_quorum_is_measured_on_the_leaders_clock():
    at = healthy().at_ms
    found = build_listing(
        edit(healthy(), QuorumNodes, {"node": 102}, log_end_offset=880, last_caught_up_ms=at - 2100), "quorum", None
    )
    assert one(found, node=101)["role"] == "leader"
    assert one(found, node=102)["lag_records"] == 20
    assert one(found, node=102)["behind_ms"] == 2000
    assert one(found, node=1)["role"] == "observer"


def test_lag_over_unknown_partitions_is_a_lower_bound():
    snapshot = edit(healthy(), Commits, {"partition": 0}, committed=400)
    snapshot = edit(snapshot, Offsets, {"topic": "orders", "partition": 1}, latest=None)
    found = build_listing(snapshot, "lag", None)
    assert one(found, group="billing")["lag_records"] is None
    assert "at least 600 (1 partition unknown)" in text(found)
    rows = build_listing(snapshot, "owned lag", "billing")
    assert one(rows, partition=0)["lag_records"] == 600
    assert one(rows, partition=1)["lag_records"] is None


def test_an_unknown_name_is_refused_with_near_ones_and_an_unseen_one_is_not_called_unknown():
    with pytest.raises(BadInput, match="near are orders"):
        build_listing(healthy(), "topics", "order")
    with pytest.raises(BadInput, match="not all topics could be listed"):
        build_listing(hide(healthy(), "topic"), "topics", "order")


def test_a_group_that_never_committed_is_not_at_lag_0():
    snapshot = edit(drop(healthy(), Commits, {"partition": 2}), Offsets, {"topic": "orders"}, earliest=400)
    groups = build_listing(snapshot, "lag", None)
    assert (one(groups, group="billing")["lag_records"], one(groups, group="billing")["lag_state"]) == (None, "no commit")
    assert "at least 0 (1 partition without a commit)" in text(groups)
    assert any(note.startswith("no commit: 1 partition of billing") for note in groups.notes)
    row = one(build_listing(snapshot, "owned lag", "billing"), partition=2)
    assert (row["lag_state"], row["note"]) == ("no commit", "auto.offset.reset: earliest reads 600, latest skips them")
    never = build_listing(drop(healthy(), Commits, {}), "lag", None)
    assert (one(never, group="billing")["lag_records"], one(never, group="billing")["lag_state"]) == (None, "no commit")


def test_a_group_ahead_of_the_log_comes_first_and_is_marked():
    snapshot = edit(healthy(groups={"billing": "orders", "audit": "payments"}), Commits, {"group": "audit"}, committed=400)
    snapshot = edit(snapshot, Commits, {"group": "billing", "partition": 1}, committed=1005)
    found = build_listing(snapshot, "lag", None)
    assert [(row["group"], row["lag_state"]) for row in found.rows] == [("billing", "ahead of the log"), ("audit", "unknown")]
    assert any(note.startswith("ahead of the log: the commits of billing are beyond the end") for note in found.notes)


def test_share_groups_have_their_lag():
    snapshot = add(healthy(), Groups, {"group": "s", "type": "share", "state": "Stable", "members": 1})
    row = {"group": "s", "topic": "orders", "partition": 0, "start_offset": 700, "lag_records": 120, "error": ""}
    snapshot = add(snapshot, ShareOffsets, row)
    assert one(build_listing(snapshot, "lag", None), group="s")["lag_records"] == 120
    assert one(build_listing(snapshot, "groups", None), group="s")["lag_records"] == 120
    assert one(build_listing(snapshot, "share-groups", None), group="s")["lag_records"] == 120
    assert one(build_listing(snapshot, "owned lag", "s"), partition=0)["lag_records"] == 120
    # An old coordinator says nothing: unknown, and not 0.
    silent = edit(snapshot, ShareOffsets, {"group": "s"}, lag_records=None)
    assert one(build_listing(silent, "lag", None), group="s")["lag_records"] is None


def moving() -> Snapshot:
    """orders-0 moves from 1,2,3 to 1,2,4: the replica on broker 4 is not yet in sync."""
    place = {"topic": "orders", "partition": 0}
    copy = {"position": 3, "in_sync": False, "offline": False}
    snapshot = add(healthy(brokers=4), Replicas, place | copy | {"broker": 4})
    snapshot = add(snapshot, Reassignments, place | {"broker": 4, "adding": True})
    return add(snapshot, Reassignments, place | {"broker": 3, "adding": False})


def test_a_reassignment_makes_no_partition_under_replicated_and_is_shown():
    snapshot = moving()
    row = one(build_listing(snapshot, "topics", None), topic="orders")
    assert (row["replication_factor"], row["under_replicated"], row["moving"]) == (3, 0, 1)
    row = one(build_listing(snapshot, "partitions", "orders"), partition=0)
    assert (row["adding"], row["removing"]) == ("4", "3")
    assert one(build_listing(snapshot, "partitions", "orders"), partition=1)["adding"] == ""


def test_without_the_list_of_reassignments_the_factor_is_known_where_all_is_in_sync():
    unlisted = hide(moving(), "topic", "no-such-topic")
    assert one(build_listing(unlisted, "topics", None), topic="payments")["replication_factor"] == 3


def test_a_column_is_called_as_its_heading_shows_it():
    snapshot = edit(healthy(), Replicas, {"topic": "orders", "partition": 0, "broker": 2}, in_sync=False)
    found = build_listing(
        snapshot, "topics", None, query=Query(where=("under-repl.>0",), sort="-RF", columns=("TOPIC", "Min ISR"))
    )
    assert [row["topic"] for row in found.rows] == ["orders"]
    assert found.shown == ("topic", "min_insync_replicas")
    late = build_listing(healthy(), "lag", None, query=Query(where=("worst partition=0",), sort="lag state"))
    assert [row["group"] for row in late.rows] == ["billing"]


@pytest.mark.parametrize("group", ["", " billing", "billing "])
def test_blanks_and_nothing_are_names_of_groups(group: str):
    snapshot = healthy(groups={group: "orders", "billing": "payments"})
    assert [row["group"] for row in build_listing(snapshot, "groups", group).rows] == [group]
    assert f"'{group}'" in text(build_listing(snapshot, "groups", group))
    assert [row["group"] for row in build_listing(healthy(), "groups", " billing ").rows] == ["billing"]


def test_topic_ids_are_written_as_kafka_topics_prints_them():
    # 0x...01 is AAAA...AQ: URL-safe base64 without padding, as Uuid.toString writes it.
    found = build_listing(healthy(), "topics", None, query=Query(where=("topic_id=AAAAAAAAAAAAAAAAAAAAAQ",)))
    assert [row["topic"] for row in found.rows] == ["payments"]


def test_a_question_mark_is_what_was_not_seen_and_a_dash_what_does_not_apply():
    snapshot = edit(drop(healthy(), Commits, {"partition": 2}), Offsets, {"topic": "orders", "partition": 1}, latest=None)

    def partitions(*where: str) -> list[object]:
        return [row["partition"] for row in build_listing(snapshot, "owned lag", None, query=Query(where=where)).rows]

    assert (partitions("lag=?"), partitions("lag=-"), partitions("lag!=?", "lag!=-")) == ([1], [2], [0])
