"""Clusters that refuse what their provider never answers, and brokers of other releases: doctor tells what it can.

Brokers are fakes that advertise the provider's addresses and refuse as such services do.
"""

from __future__ import annotations

import asyncio

import pytest

from kastellan.app.diagnose import CheckRun, plan_checks, run_checks
from kastellan.app.observe import observe
from kastellan.app.preflight import Has, judge_rights, requests_for
from kastellan.engine.requests import request_tables
from kastellan.findings.summary import ReportSummary
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.outcome import State
from kastellan.model.finding import CheckResult, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.reference.providers import Profile
from kastellan.reference.reference_data import packaged_providers
from kastellan.sources.kafka.source import KafkaSource
from kastellan.testing.fake_broker import FakeCluster, fake_model
from kastellan.testing.fake_broker_faults import Fault
from kastellan.testing.fake_broker_model import FakeModel
from kastellan.wire.kafka.api import Api, api_name

pytestmark = pytest.mark.enable_socket

API = {api_name(each): each for each in Api}
BROKER, LOGGER = 4, 8
HOSTS = {
    "msk": "b-{n}.prod.x1y2.c2.kafka.eu-west-1.amazonaws.com",
    "msk-serverless": "boot-abc{n}.c1.kafka-serverless.us-east-1.amazonaws.com",
    "confluent-cloud": "b{n}-pkc-4ygn6.europe-west3.gcp.confluent.cloud",
    "event-hubs": "acme-{n}.servicebus.windows.net",
    "redpanda": "seed-{n}.cx.fmc.prd.cloud.redpanda.com",
    "warpstream": "api-{n}.kafka.discoveryv2.prod-z.us-east-1.warpstream.com",
    "strimzi": "prod-pool-{n}.prod-kafka-brokers.streams.svc",
}
AMONG_OTHERS = {
    *(Api.DESCRIBE_CLUSTER, Api.DESCRIBE_CONFIGS, Api.LIST_TRANSACTIONS, Api.DESCRIBE_TRANSACTIONS),
    *(Api.DESCRIBE_PRODUCERS, Api.CONSUMER_GROUP_DESCRIBE),
}
"""Asked over the connection of other questions: who offers one and hangs up on it takes these along, told as failed."""
PROFILES = {each.id: each for each in packaged_providers().profiles}


def refuse(fake: FakeCluster, profile: Profile, how: str) -> None:
    """Everything that the profile names is refused in one of the ways that services have."""
    for each in profile.refused:
        api = API[each.request]
        if each.tables:
            # The same request is answered for topics: only resources of brokers are refused.
            for kind in (BROKER, LOGGER):
                for node in fake.model.nodes:
                    fake.faults.add(Fault(api=api, error_code=31, key=(kind, str(node))))
        elif how == "not offered" or (how == "closed" and api in AMONG_OTHERS):
            fake.faults.offer(api, None)
        elif how == "closed":
            fake.faults.add(Fault(api=api, close=True))
        else:
            fake.faults.add(Fault(api=api, error_code=int(how)))


def as_provider(fake: FakeCluster, provider: str) -> dict[str, str]:
    """Lets the brokers advertise the provider's addresses; returns where these really are."""
    resolve: dict[str, str] = {}
    for node, each in fake.model.nodes.items():
        each.host = HOSTS[provider].format(n=node)
        each.port = fake.port(node)
        resolve[f"{each.host}:{each.port}"] = f"127.0.0.1:{each.port}"
    fake.model.forget_answers()
    return resolve


async def examined(fake: FakeCluster, resolve: dict[str, str] | None = None, *only: str) -> tuple[CheckRun, ReportSummary]:
    source, exam = KafkaSource(fake.bootstrap, resolve=resolve or {}), plan_checks(only)
    try:
        found = await run_checks(source, exam, 10)
    finally:
        await source.close()
    return found, found.view.summary


def result(found: CheckRun, check: str) -> CheckResult:
    return next(each for each in found.report.results if each.check == check)


@pytest.mark.parametrize("how", ["31", "35", "not offered", "closed"])
@pytest.mark.parametrize("provider", [name for name, each in PROFILES.items() if each.refused])
def test_what_a_provider_refuses_by_design_is_no_complaint(provider: str, how: str) -> None:
    profile = PROFILES[provider]

    async def run() -> None:
        async with FakeCluster(fake_model()) as fake:
            resolve = as_provider(fake, provider)
            refuse(fake, profile, how)
            found, screen = await examined(fake, resolve)
            told = found.report.provider
            assert told is not None
            assert (told.id, told.stated) == (provider, False)
            assert f"looks like {profile.name}, because" in "\n".join(screen.notes)
            assert screen.too_little == ()  # no exit code 12
            names = {each.request for each in told.refused}
            assert names <= {each.request for each in profile.refused}
            assert "DescribeLogDirs" in names or provider == "redpanda"
            whole = {each.request for each in profile.refused if not each.tables}
            assert not any(name in line.text for line in screen.unseen for name in whole & names)
            # What can be seen is still judged.
            assert result(found, "groups.abandoned").counts
            assert found.report.shape.topics == 4
            assert found.report.shape.groups == 2
            assert result(found, "groups.committed_beyond_end").counts.get(Verdict.PASS)

    asyncio.run(run())


def test_the_same_refusals_on_any_other_cluster_are_unseen() -> None:
    """The nearest case that is none: an address that says nothing."""

    async def run() -> None:
        async with FakeCluster(fake_model()) as fake:
            refuse(fake, PROFILES["confluent-cloud"], "31")
            found, screen = await examined(fake)
            assert found.report.provider is None
            assert any("DescribeQuorum" in line.text for line in screen.unseen)
            assert any(each.startswith("controller.no_active_controller could not judge") for each in screen.too_little)

    asyncio.run(run())


def test_one_broker_that_answers_belies_the_profile() -> None:
    async def run() -> None:
        async with FakeCluster(fake_model()) as fake:
            resolve = as_provider(fake, "event-hubs")
            fake.faults.add(Fault(api=Api.DESCRIBE_LOG_DIRS, node=2, error_code=31))
            found, _ = await examined(fake, resolve, "groups", "storage")
            assert found.report.provider is not None
            assert found.report.provider.refused == ()

    asyncio.run(run())


def test_preflight_misses_no_right_that_the_provider_gives_to_nobody() -> None:
    async def run() -> None:
        async with FakeCluster(fake_model()) as fake:
            resolve = as_provider(fake, "confluent-cloud")
            refuse(fake, PROFILES["confluent-cloud"], "31")
            fake.faults.add(Fault(api=Api.LIST_GROUPS, error_code=31))
            source = KafkaSource(fake.bootstrap, resolve=resolve)
            try:
                snapshot = await observe(source, requests_for("doctor"), Deadline.after(10))
            finally:
                await source.close()
            found = judge_rights(snapshot, "doctor")
            has = {(each.operation, each.resource): each.has for each in found.sights}
            assert has["DescribeConfigs", "Cluster"] is Has.YES  # client metrics subscriptions need it too
            assert has["Describe", "Group"] is Has.NO
            assert [each.resource for each in found.missing] == ["Group"]

    asyncio.run(run())


# --- other releases ---------------------------------------------------------------------------------------------------


def two_releases() -> FakeModel:
    """Brokers 1 and 2 run 4.3; broker 3 runs 3.9."""
    model = fake_model()
    model.nodes[3].features = {"metadata.version": 21}
    model.features = {"metadata.version": 21}
    for node in (1, 2):
        model.nodes[node].features = {"metadata.version": 30, "group.version": 1}
    return model


def test_a_cluster_of_two_releases_is_examined_whole_and_told() -> None:
    async def run() -> None:
        async with FakeCluster(two_releases()) as fake:
            for api, versions in {Api.DESCRIBE_CLUSTER: (0, 1), Api.METADATA: (0, 12), Api.LIST_GROUPS: (0, 4)}.items():
                fake.faults.offer(api, versions, node=3)
            for api in (Api.CONSUMER_GROUP_DESCRIBE, Api.DESCRIBE_TOPIC_PARTITIONS, Api.LIST_CONFIG_RESOURCES):
                fake.faults.offer(api, None, node=3)
            found, screen = await examined(fake)
            mixed = result(found, "controller.mixed_versions")
            assert [each.subject.kind for each in mixed.findings] == ["cluster"]
            assert "3" in mixed.findings[0].observed
            assert found.report.shape.brokers_answered == 3
            assert found.report.shape.groups == 2
            assert not any("unsupported" in line.text for line in screen.unseen)
            assert screen.worst is None

    asyncio.run(run())


def test_a_broker_from_the_future_is_spoken_to_in_versions_that_both_know() -> None:
    """It offers newer versions of everything, requests that nobody knows here, and feature levels beyond the release data."""

    async def run() -> tuple[Snapshot, CheckRun, ReportSummary]:
        model = fake_model()
        for node in model.nodes.values():
            node.features = {"metadata.version": 999, "group.version": 9, "feature.of.the.future": 3}
        model.features = {"metadata.version": 30, "feature.of.the.future": 2}
        async with FakeCluster(model) as fake:
            for api in (Api.METADATA, Api.LIST_OFFSETS, Api.OFFSET_FETCH, Api.DESCRIBE_CONFIGS, Api.API_VERSIONS):
                fake.faults.offer(api, (0, 99))
            fake.faults.offer(7_777, (0, 5))
            source = KafkaSource(fake.bootstrap)
            try:
                look = await observe(source, request_tables("api_versions", "features", "broker_features"), Deadline.after(10))
            finally:
                await source.close()
            return look, *await examined(fake)

    look, found, screen = asyncio.run(run())
    assert {row["api_key"] for row in look.tables["api_versions"].df.to_dicts()} >= {7_777, int(Api.METADATA)}
    assert "feature.of.the.future" in look.tables["broker_features"].df["feature"].to_list()
    assert all(each.state is not State.UNSUPPORTED for each in found.report.answers)
    assert screen.too_little == ()
    assert found.report.shape.topics == 4
    assert not any(each.crashed for each in found.report.results)


def test_a_broker_that_speaks_nothing_we_know_of_one_request_is_unsupported_there_and_whole_elsewhere() -> None:
    async def run() -> None:
        async with FakeCluster(fake_model()) as fake:
            fake.faults.offer(Api.DESCRIBE_LOG_DIRS, (50, 60))
            found, screen = await examined(fake, None, "storage", "replication")
            states = {each.state for each in found.report.answers if each.request == "DescribeLogDirs"}
            assert states == {State.UNSUPPORTED}
            assert any("offers DescribeLogDirs versions 50-60" in line.text for line in screen.unseen)
            assert result(found, "replication.under_replicated").counts.get(Verdict.PASS)
            assert any("storage.log_dir_offline could not judge" in each for each in screen.too_little)

    asyncio.run(run())


def test_an_old_broker_that_names_no_directory_has_refused() -> None:
    """Before version 3 DescribeLogDirs has no error for it: no directory would read as no directory in trouble."""

    async def run() -> None:
        async with FakeCluster(fake_model()) as fake:
            fake.faults.offer(Api.DESCRIBE_LOG_DIRS, (0, 2))
            fake.faults.add(Fault(api=Api.DESCRIBE_LOG_DIRS, error_code=31))
            found, _ = await examined(fake, None, "storage")
            told = result(found, "storage.log_dir_offline")
            assert told.counts == {Verdict.UNKNOWN: 3}
            assert {each.state for each in found.report.answers if each.request == "DescribeLogDirs"} == {State.DENIED}

    asyncio.run(run())
