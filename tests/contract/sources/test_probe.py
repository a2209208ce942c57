"""The probe names the layer that breaks, with its remedy and the sentences of clients, against real sockets."""

from __future__ import annotations

import asyncio
import datetime as dt
import socket

import pytest

from kastellan.app.probe import probe
from kastellan.config.security import Protocol, ScramLogin, SecuritySettings, Store, Tls
from kastellan.kernel.secret import Secret
from kastellan.model.probe import Layer, Probed, Sign, Step
from kastellan.sources.kafka.client_messages import Failure, sentences
from kastellan.sources.kafka.probing import KafkaProbe
from kastellan.testing.certificates import Authority
from kastellan.testing.fake_broker import FakeCluster, FakeGuard, Fault, fake_model
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.endpoint import parse_endpoint, parse_endpoints
from tests.contract.wire.peers import forever, peer

AUTHORITY, STRANGER = Authority(), Authority()
TRUST = Tls(trust=Store(None, Secret(AUTHORITY.pem), place="ssl.truststore.certificates of f"))


def server(**more):
    return AUTHORITY.server(AUTHORITY.issue("broker", **more))


USERS = {"alice": "hunter2"}
TIMEOUT_S = 20.0
YESTERDAY = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
OPEN = FakeGuard(mechanisms=())
TLS_ONLY = FakeGuard(server(), mechanisms=())


def scram(password: str = "hunter2", protocol: Protocol = Protocol.SASL_SSL) -> SecuritySettings:
    return SecuritySettings(protocol, TRUST, ScramLogin("SCRAM-SHA-512", "alice", Secret(password)))


async def _probed(bootstrap: str, settings: SecuritySettings | None, timeout_s: float) -> Probed:
    return await probe(KafkaProbe(bootstrap, security=settings), bootstrap, timeout_s)


def probed(guard: FakeGuard, settings: SecuritySettings | None = None, change=None, timeout_s: float = TIMEOUT_S) -> Probed:
    async def run() -> Probed:
        async with FakeCluster(fake_model(), guard) as fake:
            bootstrap = fake.bootstrap.partition(",")[0]
            if change is not None:
                change(fake)
            return await _probed(bootstrap, settings, timeout_s)

    return asyncio.run(run())


def at(found: Probed, layer: Layer) -> Step:
    return next(each for each in found.steps if each.layer is layer)


def broken(found: Probed) -> Step:
    step = found.broken
    assert step is not None, found.steps
    assert step.fix, step
    return step


def test_a_way_that_works_is_told_layer_by_layer():
    found = probed(OPEN)
    assert found.broken is None, found.broken
    assert {each.layer for each in found.steps} >= {
        Layer.NAME,
        Layer.TCP,
        Layer.KAFKA,
        Layer.LOGIN,
        Layer.CLUSTER,
        Layer.ADVERTISED,
    }
    assert at(found, Layer.ADVERTISED).of == "3 brokers"
    assert at(found, Layer.PACE).sign is Sign.OK
    assert found.verdict.startswith("Every layer works")


def test_a_secured_way_shows_certificate_and_login():
    found = probed(FakeGuard(server(), users=USERS), scram())
    assert found.broken is None, found.broken
    assert "127.0.0.1" in at(found, Layer.TLS).observation
    login = at(found, Layer.LOGIN)
    assert "User:alice by SCRAM-SHA-512" in login.observation
    assert "hunter2" not in str(found)


def test_a_certificate_near_its_end_is_a_warning():
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(days=5)
    step = at(probed(FakeGuard(server(ends=soon), users=USERS), scram()), Layer.TLS)
    assert step.sign is Sign.WARNING
    assert "4 days" in step.observation or "5 days" in step.observation


@pytest.mark.parametrize(
    ("guard", "settings", "layer", "failure", "fix"),
    [
        (FakeGuard(server(), users=USERS), SecuritySettings(), Layer.KAFKA, Failure.TLS_WANTED, "security.protocol=SSL"),
        (OPEN, SecuritySettings(Protocol.SSL, TRUST), Layer.TLS, Failure.TLS_NOT_SPOKEN, "PLAINTEXT"),
        (TLS_ONLY, SecuritySettings(Protocol.SSL), Layer.TLS, Failure.UNKNOWN_ISSUER, "ssl.truststore.location"),
        (
            FakeGuard(server(ends=YESTERDAY), mechanisms=()),
            SecuritySettings(Protocol.SSL, TRUST), Layer.TLS, Failure.EXPIRED, "renew it",
        ),
        (
            FakeGuard(server(names=("elsewhere",)), mechanisms=()),
            SecuritySettings(Protocol.SSL, TRUST), Layer.TLS, Failure.OTHER_NAME, "advertise a name",
        ),
        (
            FakeGuard(AUTHORITY.server(AUTHORITY.issue("broker"), wants_client=True), mechanisms=()),
            SecuritySettings(Protocol.SSL, TRUST), Layer.TLS, Failure.CLIENT_CERTIFICATE, "ssl.keystore.location",
        ),
        (FakeGuard(users=USERS), SecuritySettings(), Layer.LOGIN, Failure.SASL_WANTED, "SASL_PLAINTEXT"),
        (FakeGuard(server(), users=USERS), SecuritySettings(Protocol.SSL, TRUST), Layer.LOGIN, Failure.SASL_WANTED, "SASL_SSL"),
        (FakeGuard(server(), users=USERS), scram("wrong"), Layer.LOGIN, Failure.CREDENTIALS, "sasl.jaas.config"),
        (OPEN, scram(protocol=Protocol.SASL_PLAINTEXT), Layer.LOGIN, Failure.NO_SASL, "PLAINTEXT"),
        (
            FakeGuard(users=USERS, mechanisms=("PLAIN",)), scram(protocol=Protocol.SASL_PLAINTEXT),
            Layer.LOGIN, Failure.MECHANISM, "sasl.mechanism",
        ),
    ],
)  # fmt: skip
def test_the_layer_that_breaks_is_named_with_its_remedy_and_what_clients_say(guard, settings, layer, failure, fix):
    step = broken(probed(guard, settings))
    assert step.layer is layer, step
    assert fix in step.fix, step
    assert step.clients == sentences(failure, "SCRAM-SHA-512"), step
    assert set(step.clients) == {"java", "librdkafka"}


def test_nothing_listens():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        found = asyncio.run(_probed(f"127.0.0.1:{held.getsockname()[1]}", None, TIMEOUT_S))
    step = broken(found)
    assert (step.layer, step.clients) == (Layer.TCP, sentences(Failure.REFUSED))
    assert "breaks at the TCP connection" in found.verdict


def test_a_name_without_an_address():
    step = broken(asyncio.run(_probed("no-such-host.invalid:9092", None, TIMEOUT_S)))
    assert (step.layer, step.clients) == (Layer.NAME, sentences(Failure.UNRESOLVED))


def test_something_that_is_not_kafka():
    async def http(reader, writer):
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    async def run() -> Probed:
        async with peer(http) as there:
            return await _probed(there.address, None, TIMEOUT_S)

    step = broken(asyncio.run(run()))
    assert (step.layer, step.clients) == (Layer.KAFKA, sentences(Failure.NOT_KAFKA))
    assert "HTTP" in step.observation


def test_a_silent_peer_ends_within_the_time():
    async def run() -> Probed:
        async with peer(lambda reader, writer: forever()) as there:
            async with asyncio.timeout(10):
                return await _probed(there.address, None, 2)

    assert broken(asyncio.run(run())).layer is Layer.KAFKA


def test_an_advertised_address_out_of_reach_is_told_of_its_broker():
    def wrong(fake: FakeCluster) -> None:
        fake.model.nodes[2].port = 1

    found = probed(OPEN, None, wrong)
    step = broken(found)
    assert step.layer is Layer.ADVERTISED
    assert step.of.startswith("broker 2 (127.0.0.1:1)")
    assert "advertised.listeners" in step.fix
    assert step.clients == sentences(Failure.ADVERTISED)
    assert at(found, Layer.ADVERTISED).of == "2 brokers"


def through_a_name(change) -> list[Step]:
    """What is said of the advertised addresses by a probe that came by an address that is no loopback."""

    async def run() -> Probed:
        async with FakeCluster(fake_model()) as fake, FakeCluster(fake_model()) as other:
            other.model.cluster_id = "another-cluster"
            change(fake, other)
            came = f"broker.test:{fake.port(1)}"
            ways = {node: f"127.0.0.1:{fake.port(node)}" for node in (1, 2, 3)}
            for node in (1, 3):
                fake.model.nodes[node].host = "broker.test"
            resolve = {f"broker.test:{fake.port(node)}": way for node, way in ways.items()}
            return await probe(KafkaProbe(came, resolve=resolve), came, TIMEOUT_S)

    return [step for step in asyncio.run(run()).steps if step.layer is Layer.ADVERTISED]


def test_a_loopback_address_that_was_reached_is_worth_a_look_and_no_failure():
    def local(fake: FakeCluster, _: FakeCluster) -> None:
        fake.model.nodes[2].host = "localhost"

    reached, loopback = through_a_name(local)
    assert (reached.sign, reached.of) == (Sign.OK, "3 brokers")
    assert (loopback.sign, loopback.clients) == (Sign.WARNING, {})
    assert "means every client's own machine; the broker was reached so from here" in loopback.observation


def test_a_loopback_address_behind_which_nobody_is_here_fails_once():
    def local(fake: FakeCluster, _: FakeCluster) -> None:
        fake.model.nodes[2].host, fake.model.nodes[2].port = "localhost", 1

    reached, loopback = through_a_name(local)
    assert (reached.sign, reached.of) == (Sign.OK, "2 brokers")
    assert loopback.sign is Sign.FAILED
    assert "every client's own machine: broker 2 (localhost:1) refused the connection" in loopback.observation
    assert loopback.clients == sentences(Failure.ADVERTISED)


def test_a_loopback_address_behind_which_another_cluster_is_here_fails():
    def local(fake: FakeCluster, other: FakeCluster) -> None:
        fake.model.nodes[2].host, fake.model.nodes[2].port = "localhost", other.port(1)

    reached, loopback = through_a_name(local)
    assert (reached.sign, reached.of) == (Sign.OK, "2 brokers")
    assert loopback.sign is Sign.FAILED
    assert "from here it is a broker of another cluster (another-cluster)" in loopback.observation


def test_bootstrap_addresses_that_are_dead_or_unknown_are_worth_a_look_where_another_works():
    async def run() -> Probed:
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))
            dead = f"127.0.0.1:{held.getsockname()[1]}"
            async with FakeCluster(fake_model()) as fake:
                return await _probed(f"{dead},no-such-host.invalid:9092,127.0.0.1:{fake.port(1)}", None, TIMEOUT_S)

    found = asyncio.run(run())
    assert found.broken is None
    warnings = [step for step in found.steps if step.sign is Sign.WARNING]
    assert [step.layer for step in warnings] == [Layer.TCP, Layer.NAME]
    assert all(step.fix and not step.clients for step in warnings)
    assert found.verdict.startswith("Every layer works; 2 to look at")


def test_a_refused_login_at_one_of_several_addresses_breaks_the_way():
    """A Java client gives up there: an AuthenticationException is fatal whatever the other addresses do."""

    async def run() -> Probed:
        async with (
            FakeCluster(fake_model(), FakeGuard(users={"alice": "another"})) as strict,
            FakeCluster(fake_model(), FakeGuard(users=USERS)) as fake,
        ):
            both = f"127.0.0.1:{fake.port(1)},127.0.0.1:{strict.port(1)}"
            return await _probed(both, scram(protocol=Protocol.SASL_PLAINTEXT), TIMEOUT_S)

    assert broken(asyncio.run(run())).layer is Layer.LOGIN


def test_every_address_of_an_ipv6_cluster_can_be_pasted_back():
    async def run() -> Probed:
        async with FakeCluster(fake_model(), host="::1") as fake:
            assert fake.bootstrap.startswith("[::1]:")
            return await _probed(fake.bootstrap, None, TIMEOUT_S)

    found = asyncio.run(run())
    assert found.broken is None, found.broken
    named = [step.of for step in found.steps if step.layer in {Layer.NAME, Layer.TCP, Layer.KAFKA, Layer.LOGIN, Layer.PACE}]
    assert all(parse_endpoint(address).host == "::1" for address in named)
    reached = at(found, Layer.ADVERTISED).observation.partition(": ")[2]
    assert {endpoint.host for endpoint in parse_endpoints(reached)} == {"::1"}


def test_a_peer_that_closes_at_the_newest_api_versions_has_a_way_that_works():
    def event_hubs(fake: FakeCluster) -> None:
        fake.faults.add(Fault(api=Api.API_VERSIONS, from_version=4, close=True))

    found = probed(OPEN, None, event_hubs)
    assert found.broken is None, found.broken
    assert "closed the connection on ApiVersions 4 and answered version 3" in at(found, Layer.KAFKA).observation
