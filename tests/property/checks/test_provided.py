"""The law of missing data holds with a provider's profile: who sees less never calls fine what failed."""

from __future__ import annotations

import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kastellan.checks.catalogue import all_checks
from kastellan.checks.evaluate import evaluate_all, subjects_of
from kastellan.findings.provider_rules import exclude
from kastellan.kernel.outcome import State, Trouble
from kastellan.model.answer import Answer, broker_peer
from kastellan.model.finding import CheckResult, Verdict
from kastellan.model.provider_detection import provider_of
from kastellan.model.snapshot import Snapshot, Vantage
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.brokers import Brokers
from kastellan.reference.reference_data import packaged_providers, packaged_releases
from kastellan.testing.missing_data_kit import losses
from kastellan.testing.random_faults import sick_cluster
from kastellan.testing.snapshots import edit, healthy
from kastellan.views.catalogue import all_views

SEEDS = st.integers(0, 2**32 - 1)
HOSTS = {
    "msk": "b-1.prod.x1y2.c2.kafka.eu-west-1.amazonaws.com",
    "confluent-cloud": "b0-pkc-4ygn6.europe-west3.gcp.confluent.cloud",
    "warpstream": "api-1.kafka.discoveryv2.prod-z.us-east-1.warpstream.com",
    "strimzi": "prod-pool-1.prod-kafka-brokers.streams.svc",
}


def run_by(provider: str, rng: random.Random) -> Snapshot:
    """A cluster in trouble whose brokers advertise the provider's addresses; the addresses that we know say nothing."""
    snapshot = edit(
        msgspec.structs.replace(sick_cluster(rng), vantage=Vantage(bootstrap="10.0.0.1:9092")), Brokers, {}, host=HOSTS[provider]
    )
    return msgspec.structs.replace(
        snapshot, earlier=tuple(edit(each, Brokers, {}, host=HOSTS[provider]) for each in snapshot.earlier)
    )


def judged(snapshot: Snapshot) -> dict[str, CheckResult]:
    return {
        each.check: each
        for each in exclude(
            evaluate_all(snapshot, all_checks(), all_views(packaged_releases())),
            snapshot,
            provider_of(snapshot, packaged_providers()),
        )
    }


@pytest.mark.parametrize("provider", HOSTS)
@settings(max_examples=6)
@given(seed=SEEDS)
def test_who_sees_less_recognises_the_same_provider_or_none(provider: str, seed: int) -> None:
    rng = random.Random(seed)
    snapshot = run_by(provider, rng)
    assert (found := provider_of(snapshot, packaged_providers()).provider) is not None
    assert found.id == provider
    for loss in losses(snapshot, rng, rounds=4, tables={"brokers", "broker_configs", "replicas"}):
        after = provider_of(loss.snapshot, packaged_providers()).provider
        assert after is None or after.id == provider, loss.description


@settings(max_examples=6)
@given(seed=SEEDS)
def test_who_sees_less_of_evidence_for_two_recognises_none(seed: int) -> None:
    """A blanked address is no acquittal: with one of two contradicting addresses unseen, nobody is recognised either."""
    rng = random.Random(seed)
    snapshot = msgspec.structs.replace(healthy(), vantage=Vantage(bootstrap="10.0.0.1:9092"))
    snapshot = edit(edit(snapshot, Brokers, {}, host=HOSTS["msk"]), Brokers, {"broker": 2}, host=HOSTS["warpstream"])
    assert provider_of(snapshot, packaged_providers()).contested
    for loss in losses(snapshot, rng, rounds=4, tables={"brokers", "broker_configs"}):
        assert provider_of(loss.snapshot, packaged_providers()).provider is None, loss.description


@pytest.mark.parametrize("provider", HOSTS)
@settings(max_examples=2)
@given(seed=SEEDS)
def test_who_sees_less_never_calls_fine_what_failed(provider: str, seed: int) -> None:
    rng = random.Random(seed)
    snapshot = run_by(provider, rng)
    profile = packaged_providers().profile(provider)
    assert profile is not None
    for loss in rng.sample(list(losses(snapshot, rng, rounds=4)), 2):
        after, raw = judged(loss.snapshot), evaluate_all(loss.snapshot, all_checks(), all_views(packaged_releases()))
        for each in raw:
            if profile.excludes(each.check):
                continue
            # What the profile does not take out of the whole look it does not take out of this one: the plain law holds.
            assert after[each.check].excluded == (), (each.check, loss.description)
            assert {one.subject for one in after[each.check].findings} == {one.subject for one in each.findings}
            assert after[each.check].counts == each.counts


@pytest.mark.parametrize("state", [State.FAILED, State.DENIED])
@settings(max_examples=3)
@given(seed=SEEDS)
def test_a_failing_subject_is_not_set_aside_because_another_one_was_refused(state: State, seed: int) -> None:
    """Broker 1 refuses its settings, those of broker 2 fail: the failure stands, and stays or is unknown."""
    rng = random.Random(seed)
    snapshot = run_by("confluent-cloud", rng)
    number = 1 + max(each.id for each in snapshot.answers)
    refused = Answer(
        id=number,
        source="kafka",
        request="DescribeConfigs",
        peer=broker_peer(1),
        state=state,
        trouble=Trouble.REJECTED,
        sent_ms=snapshot.at_ms,
    )
    snapshot = msgspec.structs.replace(snapshot, answers=(*snapshot.answers, refused))
    snapshot = edit(snapshot, BrokerConfigs, {"broker": 1}, value=None, source=None, seen=None, answer=number)
    profile = packaged_providers().profile("confluent-cloud")
    assert profile is not None
    told = judged(snapshot)
    for name, each in all_checks().items():
        if profile.excludes(name):
            continue
        failing = {
            subject
            for subject, verdict in subjects_of(each, snapshot, all_views(packaged_releases())).items()
            if verdict is Verdict.FAIL
        }
        assert {one.subject for one in told[name].findings} == failing, name
