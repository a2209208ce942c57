"""What a provider's profile changes in judged results, and what it must leave alone."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from kastellan.app.diagnose import CheckRun, plan_checks, run_checks_on_saved
from kastellan.findings.provider_rules import exclude, refused_by_design
from kastellan.findings.summary import summarize
from kastellan.kernel.outcome import State, Trouble
from kastellan.model.answer import Answer, broker_peer
from kastellan.model.finding import CheckResult, Verdict
from kastellan.model.provider_detection import provider_of
from kastellan.model.snapshot import Snapshot, Vantage
from kastellan.model.table import Table
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.log_dirs import LogDirs
from kastellan.model.tables.quorum import Quorum
from kastellan.model.tables.replicas import Replicas
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.reference.providers import NONE, Provider
from kastellan.reference.reference_data import packaged_providers
from kastellan.testing.snapshots import AT_MS, edit, healthy

CONFLUENT = "pkc-4ygn6.europe-west3.gcp.confluent.cloud:9092"
MSK = "b-1.prod.x1y2.c2.kafka.eu-west-1.amazonaws.com:9098"
WARPSTREAM = "api-12.kafka.discoveryv2.prod-z.us-east-1.warpstream.com:9092"


def reached_by(bootstrap: str, snapshot: Snapshot | None = None) -> Snapshot:
    return msgspec.structs.replace(snapshot or healthy(), vantage=Vantage(bootstrap=bootstrap))


def refusing(
    snapshot: Snapshot,
    request: str,
    table: type[Table],
    state: State = State.DENIED,
    trouble: Trouble | None = Trouble.REJECTED,
    broker: int = 1,
) -> Snapshot:
    """The snapshot in which every row of the table rests on such an answer, and nothing in them was seen."""
    number = 1 + max(each.id for each in snapshot.answers)
    answer = Answer(
        id=number,
        source="kafka",
        request=request,
        peer=broker_peer(broker),
        state=state,
        trouble=trouble,
        sent_ms=snapshot.at_ms,
        reason="refused",
    )
    values: dict[str, Any] = dict.fromkeys((each for each in table.columns if each not in {*table.key, "reason"}), None)
    return edit(msgspec.structs.replace(snapshot, answers=(*snapshot.answers, answer)), table, {}, **{**values, "answer": number})


def examined(snapshot: Snapshot, *only: str, provider: Provider | None = None) -> CheckRun:
    return run_checks_on_saved(snapshot, plan_checks(only, provider=provider), AT_MS)


def result(of: CheckRun, check: str) -> CheckResult:
    return next(each for each in of.report.results if each.check == check)


def notes(of: CheckRun) -> str:
    return "\n".join(of.report.notes)


def test_a_check_that_means_nothing_there_is_not_applicable_and_its_failures_are_counted() -> None:
    sick = edit(healthy(), Replicas, {"topic": "orders", "partition": 1, "broker": 2}, in_sync=False)
    assert result(examined(reached_by("kafka:9092", sick), "replication"), "replication.under_replicated").findings
    there = examined(reached_by(WARPSTREAM, sick), "replication")
    told = result(there, "replication.under_replicated")
    assert told.findings == ()
    assert set(told.counts) == {Verdict.NOT_APPLICABLE}
    assert [(each.failed, each.count) for each in told.excluded] == [(1, 6)]
    assert told.excluded[0].examples[0].text == "orders-1"
    assert " of them failing (" in notes(there)
    assert "looks like WarpStream, because its address is below warpstream.com" in notes(there)


def test_what_the_profile_does_not_name_still_fails_there() -> None:
    sick = edit(healthy(), Replicas, {"topic": "orders", "partition": 1, "broker": 2}, in_sync=False)
    for bootstrap in (MSK, CONFLUENT, "prod-kafka-bootstrap.streams.svc:9092"):
        assert len(result(examined(reached_by(bootstrap, sick), "replication"), "replication.under_replicated").findings) == 1


@pytest.mark.parametrize(
    ("state", "trouble"),
    [(State.DENIED, Trouble.REJECTED), (State.UNSUPPORTED, Trouble.UNSUPPORTED), (State.FAILED, Trouble.CLOSED)],
)
def test_an_unknown_that_rests_on_a_refusal_by_design_is_not_applicable(state: State, trouble: Trouble) -> None:
    blind = refusing(healthy(), "DescribeConfigs", BrokerConfigs, state, trouble)
    elsewhere = examined(reached_by("kafka:9092", blind), "configs.message_size_chain")
    assert result(elsewhere, "configs.message_size_chain").counts.get(Verdict.UNKNOWN)
    there = examined(reached_by(CONFLUENT, blind), "configs.message_size_chain")
    told = result(there, "configs.message_size_chain")
    assert Verdict.UNKNOWN not in told.counts
    assert "DescribeConfigs is refused on Confluent Cloud by design: brokers are the service's" in told.excluded[0].reason
    assert sum(told.counts.values()) == sum(result(elsewhere, "configs.message_size_chain").counts.values())
    screen = there.view.summary
    assert not any("DescribeConfigs" in line.text for line in screen.unseen)
    assert "refused by design on Confluent Cloud, and so not counted as unseen: DescribeConfigs" in notes(there)


def test_what_was_set_aside_is_counted_in_the_verdict() -> None:
    exam = plan_checks(("replication",))
    there = run_checks_on_saved(reached_by(WARPSTREAM), exam, AT_MS)
    count = sum(one.count for each in there.report.results for one in each.excluded)
    assert f"; {count} not applicable on WarpStream." in there.view.summary.verdict
    plain = run_checks_on_saved(healthy(), exam, AT_MS)
    assert "not applicable" not in plain.view.summary.verdict


def test_on_event_hubs_settings_of_topics_may_be_told_and_those_of_brokers_are_not() -> None:
    there = reached_by("acme.servicebus.windows.net:9093", refusing(healthy(), "DescribeConfigs", BrokerConfigs))
    told = Answer(id=77, source="kafka", request="DescribeConfigs", peer=broker_peer(1), state=State.COMPLETE, sent_ms=AT_MS)
    there = edit(msgspec.structs.replace(there, answers=(*there.answers, told)), TopicConfigs, {}, answer=77)
    checks = ("configs.message_size_chain", "configs.retention_traps")
    found = examined(there, *checks)
    assert [set(result(found, each).counts) for each in checks] == [{Verdict.NOT_APPLICABLE}, {Verdict.PASS}]


def test_exit_code_12_does_not_come_from_what_is_refused_by_design() -> None:
    blind = refusing(healthy(), "DescribeQuorum", Quorum)
    check = "controller.no_active_controller"
    assert summarize(examined(reached_by("kafka:9092", blind), check).report, exam_words(check)).too_little
    assert not summarize(examined(reached_by(CONFLUENT, blind), check).report, exam_words(check)).too_little


def exam_words(*only: str):
    return {name: each.check for name, each in plan_checks(only).checks.items()}


def test_who_may_not_describe_everything_still_needs_no_value_that_nobody_is_told() -> None:
    """Services mostly do not tell a principal's rights: then every list is one of what is visible only."""
    blind = refusing(healthy(), "DescribeConfigs", BrokerConfigs)
    partly = tuple(
        msgspec.structs.replace(each, state=State.VISIBLE_ONLY) if each.state is State.COMPLETE else each
        for each in blind.answers
    )
    there = examined(reached_by(CONFLUENT, msgspec.structs.replace(blind, answers=partly)), "configs.message_size_chain")
    told = result(there, "configs.message_size_chain")
    assert Verdict.UNKNOWN not in told.counts
    # What is left out silently alone is no refusal.
    alone = refusing(healthy(), "DescribeConfigs", BrokerConfigs, State.VISIBLE_ONLY, None)
    assert not result(examined(reached_by(CONFLUENT, alone), "configs.message_size_chain"), "configs.message_size_chain").excluded


def test_silence_is_no_refusal() -> None:
    blind = refusing(healthy(), "DescribeConfigs", BrokerConfigs, State.FAILED, Trouble.SILENT)
    told = result(examined(reached_by(CONFLUENT, blind), "configs.message_size_chain"), "configs.message_size_chain")
    assert told.counts.get(Verdict.UNKNOWN)
    assert told.excluded == ()


def test_a_cluster_that_answers_belies_the_profile() -> None:
    """One broker told its settings: who refuses them elsewhere lacks a right, and that is told as unseen."""
    blind = refusing(healthy(), "DescribeConfigs", BrokerConfigs)
    other = Answer(id=99, source="kafka", request="DescribeConfigs", peer=broker_peer(2), state=State.COMPLETE, sent_ms=AT_MS)
    mixed = msgspec.structs.replace(blind, answers=(*blind.answers, other))
    mixed = edit(mixed, BrokerConfigs, {"broker": 2}, value="1", seen=True, answer=99)
    profile = packaged_providers().profile("confluent-cloud")
    assert profile is not None
    assert refused_by_design(blind, profile)
    assert refused_by_design(mixed, profile) == ()


def test_settings_of_topics_are_not_those_of_brokers() -> None:
    blind = refusing(healthy(), "DescribeConfigs", TopicConfigs)
    told = result(examined(reached_by(CONFLUENT, blind), "configs.retention_traps"), "configs.retention_traps")
    assert told.counts.get(Verdict.UNKNOWN)
    assert told.excluded == ()


def test_a_remedy_names_the_owner_and_does_not_ask_for_what_is_out_of_reach() -> None:
    exam = plan_checks(("configs", "controller", "topology"))
    plain = run_checks_on_saved(reached_by("kafka:9092"), exam, AT_MS).view.checks
    msk = run_checks_on_saved(reached_by(MSK), exam, AT_MS).view.checks
    added = msk["configs.auto_create_topics"].do
    assert added.startswith("On Amazon MSK broker settings are set by a revision of the cluster's MSK configuration")
    assert added.endswith(plain["configs.auto_create_topics"].do)
    instead = msk["controller.release_end_of_life"].do
    assert "update-cluster-kafka-version" in instead
    assert plain["controller.release_end_of_life"].do not in instead
    assert msk["configs.retention_traps"].do == plain["configs.retention_traps"].do


def test_a_problem_is_told_with_its_owner() -> None:
    sick = edit(healthy(), LogDirs, {"broker": 1}, online=False, error="KAFKA_STORAGE_ERROR")
    exam = plan_checks(("storage.log_dir_offline",))
    there = run_checks_on_saved(reached_by(MSK, sick), exam, AT_MS)
    (problem,) = there.view.summary.problems
    assert problem.do.startswith("Amazon MSK runs this broker")


def test_a_user_may_say_that_there_is_none() -> None:
    told = examined(reached_by(WARPSTREAM), "replication", provider=Provider(id=NONE, stated=True))
    assert told.report.provider is None
    assert not any(each.excluded for each in told.report.results)
    assert "judged as any Kafka, as --provider none says" in notes(told)


def test_a_user_may_say_which_it_is() -> None:
    told = examined(reached_by("kafka:9092"), "replication", provider=Provider(id="warpstream", stated=True))
    assert told.report.provider is not None
    assert told.report.provider.stated
    assert "judged as WarpStream, as --provider or the context says" in notes(told)


def test_evidence_for_two_is_told_and_nothing_is_set_aside() -> None:
    told = examined(reached_by(f"{MSK},{CONFLUENT}"), "replication")
    assert told.report.provider is None
    assert "looks like Amazon MSK and like Confluent Cloud at once" in notes(told)


def test_a_carried_provider_that_has_no_profile_here_is_told() -> None:
    told = examined(healthy().of_provider(Provider(id="of-the-future")), "replication")
    assert "the provider 'of-the-future' has no profile here" in notes(told)


def test_plain_kafka_says_nothing_of_providers() -> None:
    told = examined(healthy(), "replication")
    assert told.report.provider is None
    assert not any("Kafka" in each for each in told.report.notes)


def test_a_crash_is_not_set_aside() -> None:
    """A broken check says so on every cluster."""
    crashed = CheckResult(check="replication.under_replicated", counts={Verdict.UNKNOWN: 1}, crashed=True)
    there = reached_by(WARPSTREAM)
    assert exclude((crashed,), there, provider_of(there, packaged_providers())) == (crashed,)
