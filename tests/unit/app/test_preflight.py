from __future__ import annotations

import json

import msgspec
import pytest

from kastellan.app.preflight import Has, Sight, acl_lines, fitting_form, iam_policy, judge_rights, requests_for, strimzi_user
from kastellan.engine.requests import tables_of
from kastellan.kernel.errors import BadInput
from kastellan.kernel.outcome import State, Trouble
from kastellan.model.snapshot import Snapshot, Vantage
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.model.tables.topics import Topics
from kastellan.testing.snapshots import drop, edit, failed_answer, healthy

USER = "User:kastellan"


def seen(snapshot: Snapshot | None = None, *, principal: str = USER) -> Snapshot:
    vantage = Vantage(host="bastion", principal=principal, bootstrap="b1:9092")
    return msgspec.structs.replace(snapshot or healthy(), vantage=vantage)


def refused(kind, where, state: State = State.DENIED) -> Snapshot:
    """A snapshot in which rows of a table rest on an Answer of this state."""
    snapshot, answer = failed_answer(healthy(), reason="not authorized")
    answers = tuple(
        msgspec.structs.replace(each, state=state, trouble=Trouble.REJECTED) if each.id == answer else each
        for each in snapshot.answers
    )
    return seen(edit(msgspec.structs.replace(snapshot, answers=answers), kind, where, answer=answer))


def sight(snapshot: Snapshot, operation: str, resource: str, level: str = "deep") -> Sight:
    return next(each for each in judge_rights(snapshot, level).sights if (each.operation, each.resource) == (operation, resource))


def test_who_sees_everything_has_every_right_of_the_level():
    found = judge_rights(seen(), "doctor")
    assert {each.has for each in found.sights} <= {Has.YES, Has.UNTRIED}
    assert {(each.operation, each.resource) for each in found.sights if each.has is Has.UNTRIED} <= {
        ("DescribeConfigs", "Group"),
        ("Describe", "TransactionalId"),
    }
    assert found.missing == ()
    assert acl_lines(found) == []
    assert judge_rights(seen(), "glance").verdict.startswith("Everything")


def test_a_denied_answer_is_a_missing_right():
    told = sight(refused(BrokerConfigs, {}), "DescribeConfigs", "Cluster")
    assert told.has is Has.NO
    assert "not authorized" in told.why


def test_rights_on_some_are_no_rights_on_all():
    assert sight(refused(TopicConfigs, {"topic": "orders"}), "DescribeConfigs", "Topic").has is Has.PARTLY


def test_what_is_left_out_silently_is_told_where_another_right_shows_it():
    unheard = refused(Topics, {}, State.VISIBLE_ONLY)
    assert sight(unheard, "Describe", "Topic").has is Has.UNTOLD
    told = sight(drop(unheard, Topics, {"topic": "payments"}), "Describe", "Topic")
    assert told.has is Has.PARTLY
    assert "1 topic" in told.why


def test_what_failed_otherwise_says_nothing_of_rights():
    assert sight(refused(TopicConfigs, {}, State.FAILED), "DescribeConfigs", "Topic").has is Has.UNKNOWN
    bare = seen(msgspec.structs.replace(healthy(), tables={}, answers=()))
    assert {each.has for each in judge_rights(bare, "deep").sights} == {Has.UNTRIED}
    assert "could not be told" in judge_rights(bare, "glance").verdict


def test_a_request_that_the_cluster_does_not_know_asks_for_no_right():
    assert sight(refused(TopicConfigs, {}, State.UNSUPPORTED), "DescribeConfigs", "Topic").has is Has.YES


def test_levels_grow():
    counts = [len(judge_rights(seen(), each).sights) for each in ("glance", "doctor", "deep")]
    assert counts == sorted(set(counts))
    assert "producers" in tables_of(requests_for("deep"))
    assert "producers" not in tables_of(requests_for("doctor"))
    with pytest.raises(BadInput, match="glance, doctor, deep"):
        requests_for("all")


def nobody() -> Snapshot:
    """A principal to whom everything was denied."""
    snapshot = seen()
    answers = tuple(msgspec.structs.replace(each, state=State.DENIED, reason="no") for each in snapshot.answers)
    return msgspec.structs.replace(snapshot, answers=answers)


def test_the_missing_rights_are_given_by_kafkas_own_tool():
    lines = acl_lines(judge_rights(nobody(), "doctor"))
    assert lines[0] == (
        "kafka-acls.sh --bootstrap-server b1:9092 --command-config admin.properties --add --allow-principal User:kastellan "
        "--operation Describe --operation DescribeConfigs --cluster"
    )
    assert any(each.endswith("--operation Describe --operation DescribeConfigs --topic '*'") for each in lines)
    assert all("Alter" not in each and "Write" not in each and "Read" not in each for each in lines)


def test_a_name_that_a_shell_would_take_apart_is_quoted():
    snapshot = msgspec.structs.replace(nobody(), vantage=Vantage(principal="User:CN=a b;rm -rf", bootstrap="b:1"))
    assert "--allow-principal 'User:CN=a b;rm -rf' " in acl_lines(judge_rights(snapshot, "glance"))[0]


def test_who_is_not_known_gets_a_placeholder():
    for name in ("User:ANONYMOUS", "User:(the subject of a token)"):
        snapshot = msgspec.structs.replace(nobody(), vantage=Vantage(principal=name))
        assert "User:YOUR-PRINCIPAL" in acl_lines(judge_rights(snapshot, "glance"))[0]


def test_the_strimzi_user_has_the_missing_operations():
    text = strimzi_user(judge_rights(nobody(), "doctor"))
    assert "kind: KafkaUser" in text
    assert "  name: kastellan\n" in text
    assert "type: cluster\n        operations: [Describe, DescribeConfigs]" in text
    assert (
        'type: topic\n          name: "*"\n          patternType: literal\n        operations: [Describe, DescribeConfigs]'
        in text
    )
    assert "elegation" not in text


def test_the_iam_policy_allows_nothing_that_changes():
    policy = json.loads(iam_policy(judge_rights(nobody(), "doctor")))
    actions = [action for each in policy["Statement"] for action in each["Action"]]
    assert "kafka-cluster:DescribeTopicDynamicConfiguration" in actions
    assert [each for each in actions if not each.startswith(("kafka-cluster:Describe", "kafka-cluster:Connect"))] == []


@pytest.mark.parametrize(
    ("bootstrap", "form", "line"),
    [
        ("kafka:9092", "acls", "kafka-acls.sh"),
        ("b-1.x.y1.c2.kafka.eu-west-1.amazonaws.com:9098", "iam", "kafka-cluster:DescribeClusterDynamicConfiguration"),
        ("boot-1.c1.kafka-serverless.eu-west-1.amazonaws.com:9098", "iam", "kafka-cluster:Connect"),
        ("prod-kafka-bootstrap.streams.svc:9093", "strimzi", "kind: KafkaUser"),
        ("pkc-4ygn6.europe-west3.gcp.confluent.cloud:9092", "acls", "kafka-acls.sh"),
    ],
)
def test_the_form_that_fits_the_provider_comes_first(bootstrap: str, form: str, line: str):
    snapshot = refused(TopicConfigs, {}) if "serverless" in bootstrap or "confluent" in bootstrap else refused(BrokerConfigs, {})
    found = judge_rights(msgspec.structs.replace(snapshot, vantage=Vantage(principal=USER, bootstrap=bootstrap)), "doctor")
    assert found.missing
    told = fitting_form(found)
    assert told.form == form
    assert any(line in each for each in told.lines)


def test_rights_of_azure_are_told_and_no_line_is_made_up():
    snapshot = refused(TopicConfigs, {"topic": "orders"})
    found = judge_rights(
        msgspec.structs.replace(snapshot, vantage=Vantage(bootstrap="acme.servicebus.windows.net:9093")), "doctor"
    )
    told = fitting_form(found)
    assert "Azure Event Hubs Data Receiver" in told.says
    assert told.lines == ()


def test_what_is_refused_to_everybody_is_no_missing_right():
    def of(bootstrap: str):
        snapshot = refused(BrokerConfigs, {})
        asked = [
            msgspec.structs.replace(each, request="DescribeConfigs") if each.state is State.DENIED else each
            for each in snapshot.answers
        ]
        seen_from = Vantage(principal=USER, bootstrap=bootstrap)
        return judge_rights(msgspec.structs.replace(snapshot, vantage=seen_from, answers=tuple(asked)), "doctor")

    there = of("pkc-4ygn6.europe-west3.gcp.confluent.cloud:9092")
    assert [each for each in there.missing if each.resource == "Cluster"] == []
    assert there.provider is not None
    assert any("looks like Confluent Cloud" in each for each in there.notes)
    assert [(each.operation, each.resource) for each in of("kafka:9092").missing] == [("DescribeConfigs", "Cluster")]
