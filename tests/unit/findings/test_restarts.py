from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from kastellan.findings.restarts import May, Restart, Restarts, judge_restarts
from kastellan.kernel.errors import BadInput
from kastellan.model.snapshot import Snapshot, Vantage
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.quorum_nodes import QuorumNodes
from kastellan.model.tables.replicas import Replicas
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.reference.providers import Provider
from kastellan.reference.reference_data import packaged_providers
from kastellan.surfaces.cli.screen import Screen
from kastellan.surfaces.cli.show import restarts_text
from kastellan.testing.snapshots import edit, healthy, hide


def restarts(snapshot: Snapshot, of: Sequence[str], stated: Provider | None = None) -> Restarts:
    return judge_restarts(snapshot, of, packaged_providers(), stated=stated)


def one(snapshot: Snapshot, *of: str) -> Restart:
    (answer,) = restarts(snapshot, of).answers
    return answer


def behind(snapshot: Snapshot, broker: int, topic: str = "orders") -> Snapshot:
    return edit(snapshot, Replicas, {"broker": broker, "topic": topic}, in_sync=False)


def test_each_broker_of_a_healthy_cluster_may_be_restarted():
    found = restarts(healthy(), ())
    assert [(each.brokers, each.may) for each in found.answers] == [((1,), May.YES), ((2,), May.YES), ((3,), May.YES)]
    assert found.answers[0].replicas == 6
    assert found.answers[0].reasons == ()


def test_a_broker_whose_absence_refuses_writes_must_not():
    answer = one(behind(healthy(), 1), "2")
    assert answer.may is May.NO
    assert (answer.refuse, answer.offline) == (3, 0)
    assert "3 partitions would refuse writes" in answer.reasons[0]
    assert [(each.topic, each.how, each.in_sync_now, each.in_sync_left, each.needed) for each in answer.losses] == [
        ("orders", "refuses writes", 2, 1, 2)
    ] * 3


def test_a_broker_that_is_out_of_the_isr_takes_nothing_with_it():
    assert one(behind(healthy(), 1), "1").may is May.YES


def test_the_last_copy_goes_offline():
    snapshot = behind(behind(healthy(), 1), 2)
    answer = one(snapshot, "3")
    assert (answer.may, answer.offline) == (May.NO, 3)
    assert answer.losses[0].how == "goes offline"
    assert "refuse writes already" in answer.cautions[0]


def test_brokers_that_may_go_alone_may_not_go_together():
    assert one(healthy(), "1", "2").may is May.NO
    assert one(healthy(), "1", "2").refuse == 6
    assert one(healthy(), "1", "2", "3").offline == 6


def test_a_rack_is_its_brokers():
    snapshot = edit(edit(healthy(), Brokers, {}, rack="a"), Brokers, {"broker": 3}, rack="b")
    assert one(snapshot, "b").brokers == (3,)
    assert one(snapshot, "b").rack == "b"
    assert one(snapshot, "a").brokers == (1, 2)
    assert one(snapshot, "a").may is May.NO


def test_a_minimum_as_large_as_the_set_is_a_no_by_design():
    snapshot = edit(healthy(), TopicConfigs, {"topic": "orders", "config": "min.insync.replicas"}, value="3")
    answer = one(snapshot, "1")
    assert (answer.may, answer.refuse, answer.by_design) == (May.NO, 3, 3)
    assert "bear no restart at any time" in answer.reasons[1]
    assert answer.losses[0].by_design


@pytest.mark.parametrize(("lagging", "may"), [(None, May.YES), (2, May.NO)])
def test_combined_nodes_must_leave_the_quorum_its_majority(lagging, may):
    snapshot = healthy(controllers=(1, 2, 3))
    if lagging is not None:
        snapshot = edit(snapshot, QuorumNodes, {"node": lagging}, last_caught_up_ms=1, last_fetch_ms=1, log_end_offset=5)
    answer = one(snapshot, "3")
    assert answer.may is may, answer
    if lagging:
        assert "majority" in answer.reasons[0]


def test_what_was_not_seen_is_not_a_yes():
    unseen = edit(healthy(), Replicas, {"broker": 2, "topic": "orders", "partition": 0}, in_sync=None)
    answer = one(unseen, "2")
    assert (answer.may, answer.unknown) == (May.UNKNOWN, 1)
    assert "could not be judged" in answer.reasons[0]
    unlisted = one(hide(healthy(), "topic"), "2")
    assert unlisted.may is May.UNKNOWN
    assert any("not every topic could be listed" in each for each in unlisted.reasons), unlisted.reasons


def test_a_no_stands_though_something_was_not_seen():
    assert one(hide(behind(healthy(), 1), "topic"), "2").may is May.NO


def test_another_broker_that_is_away_is_a_caution():
    snapshot = edit(behind(behind(healthy(), 1), 1, "payments"), Brokers, {"broker": 1}, fenced=True)
    assert "1 other broker out of the cluster already: 1" in one(snapshot, "2").cautions


def test_a_name_that_is_none_is_told_with_those_that_are():
    with pytest.raises(BadInput, match=r"'9' is no broker and no rack: brokers are 1, 2, 3"):
        restarts(healthy(), ("9",))


def test_a_snapshot_without_replicas_cannot_answer():
    bare = Snapshot(at_ms=1, tables={Brokers.name: healthy().tables[Brokers.name]})
    with pytest.raises(BadInput, match="was not collected"):
        restarts(bare, ())


@pytest.mark.parametrize(
    "bootstrap", ["api-1.kafka.discoveryv2.prod-z.us-east-1.warpstream.com:9092", "b0.pkc-1.confluent.cloud:9092"]
)
def test_where_replicas_say_nothing_of_a_restart_nobody_is_told_yes_or_no(bootstrap: str):
    there = msgspec.structs.replace(behind(healthy(), 1), vantage=Vantage(bootstrap=bootstrap))
    found = restarts(there, ())
    assert {each.may for each in found.answers} == {May.UNKNOWN}
    assert all(each.reasons for each in found.answers)
    assert "looks like" in found.notes[0]
    assert restarts(there, ("2",), stated=Provider(id="none", stated=True)).answers[0].may is May.NO


def test_with_strimzi_replicas_say_what_a_restart_does():
    there = msgspec.structs.replace(healthy(), vantage=Vantage(bootstrap="prod-kafka-bootstrap.streams.svc:9092"))
    assert {each.may for each in restarts(there, ()).answers} == {May.YES}


def test_the_only_broker_is_said_to_be_one():
    single = one(healthy(brokers=1, rf=1), "1")
    assert (single.may, single.every_broker) == (May.NO, True)
    screen = Screen(width=100)
    restarts_text.show(restarts(healthy(brokers=1, rf=1), ("1",)), screen, named=True)
    text = " ".join(screen.text().split())
    assert "must not be restarted" not in text
    assert text.startswith("NO broker 1 is the only broker: nothing is served until it is back.")
    assert not one(healthy(), "1").every_broker
    assert one(healthy(), "1", "2", "3").every_broker
