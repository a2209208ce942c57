"""A provider is recognised by evidence, and never by half of it."""

from __future__ import annotations

import msgspec
import pytest

from kastellan.model.codec import dump, load
from kastellan.model.provider_detection import provider_of, settle_provider
from kastellan.model.snapshot import Snapshot, Vantage
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.brokers import Brokers
from kastellan.redaction.pseudonyms import Pseudonyms
from kastellan.redaction.redact import redact_snapshot
from kastellan.reference.providers import Provider
from kastellan.reference.reference_data import packaged_providers
from kastellan.testing.snapshots import add, edit, healthy, hide

SUPER = "User:CN=prod-kafka,O=io.strimzi;User:CN=prod-entity-topic-operator,O=io.strimzi"


def at(*hosts: str, bootstrap: str = "10.0.0.1:9092", cluster_id: str = "4L6g3nShT-eMCtK--X86sw") -> Snapshot:
    """A cluster whose brokers advertise these hosts, the last one for all that are left."""
    snapshot = msgspec.structs.replace(healthy(), cluster_id=cluster_id, vantage=Vantage(bootstrap=bootstrap))
    for broker, host in enumerate([*hosts, *[hosts[-1]] * 3][:3] if hosts else (), 1):
        snapshot = edit(snapshot, Brokers, {"broker": broker}, host=host)
    return snapshot


def configured(config: str, value: str) -> Snapshot:
    """A cluster at plain addresses whose brokers have this setting."""
    return edit(at(), BrokerConfigs, {"config": config}, value=value)


def found(snapshot: Snapshot) -> str | None:
    provider = provider_of(snapshot, packaged_providers()).provider
    return provider.id if provider else None


@pytest.mark.parametrize(
    ("host", "provider"),
    [
        ("b-1.prod.x1y2z3.c2.kafka.eu-west-1.amazonaws.com", "msk"),
        ("b-2-public.prod.x1y2z3.c2.kafka.eu-west-1.amazonaws.com", "msk"),
        ("b-1.scram.prod.x1y2z3.c2.kafka.us-east-1.amazonaws.com", "msk"),
        ("b-3.prod.x1y2z3.c2.kafka.cn-north-1.amazonaws.com.cn", "msk"),
        ("boot-abc12345.c1.kafka-serverless.us-east-1.amazonaws.com", "msk-serverless"),
        ("b0-pkc-4ygn6.europe-west3.gcp.confluent.cloud", "confluent-cloud"),
        ("lkc-123abc-00aa.eu-central-1.aws.private.confluent.cloud", "confluent-cloud"),
        ("acme.servicebus.windows.net", "event-hubs"),
        ("ACME.servicebus.windows.net", "event-hubs"),
        ("seed-1a2b.cx.fmc.prd.cloud.redpanda.com", "redpanda"),
        ("api-1234.kafka.discoveryv2.prod-z.us-east-1.warpstream.com", "warpstream"),
        ("prod-kafka-0.prod-kafka-brokers.streams.svc", "strimzi"),
        ("prod-pool-a-12.prod-kafka-brokers.streams.svc.cluster.local", "strimzi"),
    ],
)
def test_recognised_by_advertised_addresses(host: str, provider: str) -> None:
    assert found(at(host)) == provider
    assert found(at(bootstrap=f"{host}:9098,10.0.0.1:9092")) == provider


@pytest.mark.parametrize(
    "host",
    [
        "kafka-1.example.com",
        "ec2-3-4-5-6.eu-west-1.compute.amazonaws.com",
        "kafka.eu-west-1.amazonaws.com.evil.example",
        "b-1.prod.c2.kafka.eu-west-1.amazonaws.com.example.org",
        "my-nlb.elb.us-east-1.amazonaws.com",
        "notconfluent.cloud.example.com",
        "myconfluent.cloudy",
        "servicebus.windows.net.example.com",
        "storage.blob.core.windows.net",
        "kafka-0.kafka-headless.streams.svc.cluster.local",
        "prod-kafka-brokers.streams.svc",
        "redpanda.example.com",
        "warpstream.example.com",
    ],
)
def test_the_nearest_that_is_none_is_not_recognised(host: str) -> None:
    assert found(at(host)) is None


def test_recognised_by_the_cluster_id() -> None:
    assert found(at(cluster_id="redpanda.2d339cd9-b540-484d-80da-16cd0650e49b")) == "redpanda"
    assert found(at(cluster_id="lkc-9y1z2")) == "confluent-cloud"
    assert found(at(cluster_id="vci_1a2b3c")) == "warpstream"
    assert found(at(cluster_id="my-redpanda.old")) is None


def test_strimzi_is_recognised_by_its_principals_where_addresses_are_those_of_a_balancer() -> None:
    assert found(configured("super.users", SUPER)) == "strimzi"
    assert found(configured("super.users", "User:admin;User:CN=io.strimzi")) is None


def test_two_weak_signs_are_enough_and_one_is_not() -> None:
    weak = {
        "listener.security.protocol.map": "CONTROLPLANE-9090:SSL,REPLICATION-9091:SSL",
        "log.dirs": "/var/lib/kafka/data-0/kafka-log0",
    }
    one = edit(at(), BrokerConfigs, {"config": "listener.security.protocol.map"}, value=weak["listener.security.protocol.map"])
    assert found(one) is None
    row = {"broker": 1, "config": "log.dirs", "value": weak["log.dirs"], "source": "static", "seen": True}
    told = provider_of(add(one, BrokerConfigs, row), packaged_providers()).provider
    assert told is not None
    assert told.id == "strimzi"
    assert len(told.because) == 2


def test_it_is_told_why_and_without_a_name_of_the_cluster() -> None:
    told = provider_of(at("b-1.secretname.x1.c2.kafka.eu-west-1.amazonaws.com"), packaged_providers()).provider
    assert told is not None
    assert told.because
    assert not told.stated
    assert "secretname" not in " ".join(told.because)


def test_what_the_user_states_counts_before_all_evidence() -> None:
    snapshot = at("b-1.prod.x1.c2.kafka.eu-west-1.amazonaws.com")
    none, strimzi = packaged_providers().confirm("none", "x"), packaged_providers().confirm("strimzi", "x")
    assert provider_of(snapshot, packaged_providers(), none).profile is None
    assert provider_of(snapshot, packaged_providers(), strimzi).provider == strimzi


def test_an_address_that_was_not_seen_leaves_it_open() -> None:
    host = "b-1.prod.x1.c2.kafka.eu-west-1.amazonaws.com"
    assert found(edit(at(host), Brokers, {"broker": 3}, host=None)) is None
    assert found(hide(at(host), "broker")) is None
    assert found(edit(configured("super.users", SUPER), Brokers, {"broker": 3}, host=None)) is None


def test_an_earlier_look_that_saw_more_counts() -> None:
    host = "b-1.prod.x1.c2.kafka.eu-west-1.amazonaws.com"
    before, now = at(host), edit(at(host), Brokers, {"broker": 3}, host=None)
    assert found(now.after(before)) == "msk"


def test_evidence_for_two_at_once_is_evidence_for_none() -> None:
    told = provider_of(at("b-1.prod.x1.c2.kafka.eu-west-1.amazonaws.com", "acme.servicebus.windows.net"), packaged_providers())
    assert told.provider is None
    assert set(told.contested) == {"Amazon MSK", "Azure Event Hubs"}


def test_a_redacted_snapshot_still_knows_it_and_a_file_keeps_it() -> None:
    snapshot = at("b-1.prod.x1.c2.kafka.eu-west-1.amazonaws.com")
    without = load(dump(redact_snapshot(snapshot, Pseudonyms(b"k" * 32), packaged_providers())))
    assert found(without) == "msk"
    assert found(msgspec.structs.replace(without, provider=None)) is None
    assert settle_provider(healthy(), packaged_providers()).provider is None


def test_a_provider_that_this_version_does_not_know_has_no_profile() -> None:
    assert packaged_providers().profile(Provider(id="of-the-future").id) is None


def test_what_a_redacted_file_says_of_its_provider_is_in_our_words() -> None:
    told = "it is called secretname"
    for provider, kept in (
        (Provider(id="msk", because=(told,)), "msk"),
        (Provider(id=told), None),
        (Provider(id="none"), "none"),
    ):
        without = redact_snapshot(healthy().of_provider(provider), Pseudonyms(b"k" * 32), packaged_providers())
        assert b"secretname" not in dump(without)
        assert (without.provider.id if without.provider else None) == kept
        assert found(without) == kept
