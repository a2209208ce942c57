"""One thing with all that is known of it: joined rightly, and honest where something was not seen."""

from __future__ import annotations

import msgspec
import pytest

from kastellan.app.describe import describe, description_modules, kind_called
from kastellan.kernel.errors import BadInput
from kastellan.model.finding import Fact
from kastellan.model.snapshot import Snapshot
from kastellan.model.tables.acls import Acls
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.commits import Commits
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.members import Members
from kastellan.model.tables.offsets import Offsets
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.quotas import Quotas
from kastellan.model.tables.replicas import Replicas
from kastellan.model.tables.share_offsets import ShareOffsets
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.surfaces.cli.screen import Screen
from kastellan.surfaces.cli.show.description_text import show
from kastellan.testing.snapshots import add, drop, edit, healthy, hide

NAMES = {"topic": "orders", "group": "billing", "broker": "2", "principal": "User:app"}


def facts(snapshot: Snapshot, kind: str, name: str = "") -> dict[str, object]:
    return {each.label: each.value for each in describe(snapshot, kind, name or NAMES[kind]).facts}


def rows(snapshot: Snapshot, kind: str, title: str, name: str = "") -> list[dict[str, Fact]]:
    (found,) = [each for each in describe(snapshot, kind, name or NAMES[kind]).sections if each.title.startswith(title)]
    return list(found.rows)


def text(snapshot: Snapshot, kind: str, name: str = "") -> str:
    screen = Screen(width=140)
    show(describe(snapshot, kind, name or NAMES[kind]), screen)
    return screen.text()


def without(snapshot: Snapshot, *names: str) -> Snapshot:
    return msgspec.structs.replace(snapshot, tables={name: each for name, each in snapshot.tables.items() if name not in names})


@pytest.mark.parametrize("kind", NAMES)
def test_a_whole_cluster_leaves_no_question(kind):
    snapshot = add(healthy(), TopicConfigs, {"topic": "orders", "config": "retention.bytes", "value": "-1", "source": "default"})
    told = text(snapshot, kind)
    assert "?" not in told
    assert "UNSEEN" not in told
    assert description_modules().keys() == NAMES.keys()


@pytest.mark.parametrize("kind", NAMES)
def test_what_a_file_does_not_hold_is_said_and_what_it_cannot_do_without_is_refused(kind):

    optional = {
        "log_dirs",
        "replica_sizes",
        "broker_configs",
        "acls",
        "scram_users",
        "quotas",
        "delegation_tokens",
        "group_configs",
        "topic_configs",
    }
    told = text(without(healthy(), *optional), kind)
    assert "not collected" in told
    if kind != "principal":
        with pytest.raises(BadInput, match=r"cannot be described: .* was not collected"):
            describe(without(healthy(), f"{kind}s"), kind, NAMES[kind])


def test_names_that_are_not_there_get_near_ones():
    for kind, typed, near in (("topic", "order", "orders"), ("group", "biling", "billing")):
        with pytest.raises(BadInput, match=f"near are {near}"):
            describe(healthy(), kind, typed)
    with pytest.raises(BadInput, match="no broker is called '9'"):
        describe(healthy(), "broker", "9")
    with pytest.raises(BadInput, match="not all topics could be listed"):
        describe(hide(healthy(), "topic"), "topic", "order")
    assert "near are User:app" in text(healthy(), "principal", "User:ap")
    with pytest.raises(BadInput, match="near are group"):
        kind_called("groupp")
    assert kind_called("Topics") == "topic"


def test_a_topic_with_its_trouble_its_own_configs_and_its_readers():
    snapshot = edit(healthy(), Replicas, {"topic": "orders", "partition": 1, "broker": 2}, in_sync=False)
    snapshot = edit(snapshot, Partitions, {"topic": "orders", "partition": 2}, leader=-1)
    snapshot = edit(snapshot, TopicConfigs, {"topic": "orders", "config": "retention.ms"}, value="1", source="topic")
    snapshot = edit(snapshot, Commits, {"partition": 0}, committed=400)
    told = facts(snapshot, "topic")
    assert (told["under-replicated"], told["offline"], told["replication factor"], told["records"]) == (1, 1, "3", 3000)
    assert [each["in_sync"] for each in rows(snapshot, "topic", "Partitions")] == ["1,2,3", "3,1", "3,1,2"]
    assert rows(snapshot, "topic", "Configs") == [{"config": "retention.ms", "value": "1", "source": "topic"}]
    (reader,) = rows(snapshot, "topic", "Groups")
    assert (reader["group"], reader["lag_records"], reader["lag_state"]) == ("billing", 600, "ok, unknown")
    unseen = edit(snapshot, Offsets, {"topic": "orders", "partition": 0}, latest=None)
    assert facts(unseen, "topic")["records"] is None
    (reader,) = rows(unseen, "topic", "Groups")
    assert (reader["lag_records"], reader["lag_state"]) == (None, "ok, unknown")


def test_a_group_stands_in_words_and_never_in_minus_one():
    snapshot = edit(healthy(), Commits, {"partition": 0}, committed=None)
    snapshot = edit(snapshot, Commits, {"partition": 1}, committed=1005)
    snapshot = edit(edit(snapshot, Offsets, {"topic": "orders"}, earliest=500), Commits, {"partition": 2}, committed=400)
    parts = {row["partition"]: (row["lag_state"], row["note"]) for row in rows(snapshot, "group", "Partitions")}
    assert parts == {
        0: ("unknown", "the commit was not seen"),
        1: ("ahead of the log", "5 beyond the end"),
        2: ("data lost", "100 deleted before they were committed"),
    }
    assert facts(snapshot, "group")["lag"] == "at least 500 (1 partition unknown)"
    assert facts(snapshot, "group")["lag state"] == "data lost"
    lost = add(drop(snapshot, Members, {"group": "billing"}), Members, {"group": "billing"})
    assert "Members: could not be described" in text(lost, "group")


def test_a_share_group_shows_its_own_offsets():
    snapshot = edit(healthy(), Groups, {"group": "billing"}, type="share")
    row = {"group": "billing", "topic": "orders", "partition": 0, "start_offset": 7, "lag_records": 3, "error": ""}
    assert rows(add(snapshot, ShareOffsets, row), "group", "Share offsets")[0]["start_offset"] == 7
    assert "Share offsets: none" in text(snapshot, "group")


def test_a_broker_with_the_cost_of_its_restart():
    snapshot = edit(healthy(), Replicas, {"topic": "orders", "partition": 0, "broker": 3}, in_sync=False)
    told = facts(snapshot, "broker", "broker/1")
    assert (told["would refuse acks=all"], told["would go offline"], told["role"]) == (1, 0, "broker")
    assert [(each["topic"], each["partition"]) for each in rows(snapshot, "broker", "Partitions", "1")] == [("orders", 0)]
    assert facts(snapshot, "broker", "3")["out of sync"] == 1
    listeners = rows(snapshot, "broker", "Listeners", "1")
    assert listeners[0] == {"listener": "CLIENT", "address": "127.0.0.1:9093", "protocol": "SASL_SSL"}
    unsure = edit(snapshot, Replicas, {"topic": "orders", "partition": 1, "broker": 3}, in_sync=None)
    assert "unknown" in str(facts(unsure, "broker", "1")["would refuse acks=all"])
    secret = edit(snapshot, BrokerConfigs, {"config": "super.users"}, value=None, sensitive=True, seen=None)
    assert {"(secret)"} == {each["value"] for each in rows(secret, "broker", "Configs") if each["config"] == "super.users"}


def test_a_principal_with_the_rules_for_everybody_and_the_quota_that_counts():
    everybody = {"resource_type": "topic", "resource": "*", "pattern_type": "literal", "principal": "User:*", "host": "*"}
    snapshot = add(healthy(), Acls, {**everybody, "operation": "read", "permission": "deny"})
    own = {"entity": "user=app", "user": "app", "client_id": "", "ip": "", "quota": "producer_byte_rate", "value": 1.0}
    snapshot = add(snapshot, Quotas, own)
    assert rows(snapshot, "principal", "ACLs", "app")[0]["permission"] == "deny"
    assert next(each["entity"] for each in rows(snapshot, "principal", "Quotas")) == "user=app"
    assert facts(snapshot, "principal", "User:kafka")["super user"] is True
    open_cluster = edit(snapshot, BrokerConfigs, {"config": "authorizer.class.name"}, value="")
    assert facts(open_cluster, "principal")["authorizer"] == "none: everybody may do everything"
    secret = edit(snapshot, BrokerConfigs, {"config": "super.users"}, value=None, sensitive=True, seen=None)
    assert facts(secret, "principal")["super user"] == "unknown: Kafka keeps super.users secret"
    unlike = edit(snapshot, BrokerConfigs, {"config": "super.users", "broker": 2}, value="User:other")
    assert facts(unlike, "principal")["super user"] is None
    assert facts(hide(snapshot, "principal"), "principal")["ACLs that apply"] is None


@pytest.mark.parametrize("group", ["", " billing"])
def test_blanks_and_nothing_are_names_of_groups(group):
    snapshot = healthy(groups={group: "orders", "billing": "payments"})
    assert describe(snapshot, "group", group).name == group
    assert describe(snapshot, "group", "billing ").name == "billing"
