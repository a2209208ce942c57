"""TLS and logins against brokers that are good, wrong, or hostile; each ends in one sentence that says what to do."""

from __future__ import annotations

import asyncio
import datetime as dt
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kastellan.config.security import (
    PlainLogin,
    Protocol,
    ScramLogin,
    SecuritySettings,
    Store,
    Tls,
)
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.outcome import Outcome, Trouble
from kastellan.kernel.secret import Secret
from kastellan.testing.certificates import Authority
from kastellan.testing.fake_broker import FakeCluster, FakeGuard, Fault, fake_model
from kastellan.testing.fake_broker_security import Lie
from kastellan.wire.kafka import requests as q
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.client import Cluster
from kastellan.wire.kafka.endpoint import Endpoint, parse_endpoints
from kastellan.wire.kafka.members import ClusterMembers
from kastellan.wire.kafka.requests import RequestSpec
from kastellan.wire.kafka.security import Security
from tests.contract.wire.peers import forever, peer

AUTHORITY = Authority()
BROKER = AUTHORITY.server(AUTHORITY.issue("broker"))
WANTS_CLIENT = AUTHORITY.server(AUTHORITY.issue("broker"), wants_client=True)
TRUST = Tls(trust=Store(None, Secret(AUTHORITY.pem), place="ssl.truststore.certificates of f"))
GOOD = Secret("hunter2")
USERS = {"alice": "hunter2"}
METADATA = RequestSpec(Api.METADATA, q.metadata)


def identity(authority: Authority, name: str) -> Tls:
    own = authority.issue(name)
    return Tls(TRUST.trust, Store(None, Secret(own.key + own.certificate), place="ssl.keystore.key of f"))


def scram(password: Secret = GOOD, protocol: Protocol = Protocol.SASL_PLAINTEXT) -> SecuritySettings:
    return SecuritySettings(protocol, TRUST, ScramLogin("SCRAM-SHA-512", "alice", password))


def plain(password: Secret = GOOD, protocol: Protocol = Protocol.SASL_SSL) -> SecuritySettings:
    return SecuritySettings(protocol, TRUST, PlainLogin("alice", password))


def met(guard: FakeGuard, settings: SecuritySettings, seconds: float = 20) -> Outcome[ClusterMembers]:
    """What a bootstrap over all three brokers comes to."""

    async def run() -> Outcome[ClusterMembers]:
        async with (
            FakeCluster(fake_model(), guard) as fake,
            Cluster(parse_endpoints(fake.bootstrap), security=Security.of(settings)) as cluster,
        ):
            found = await cluster.bootstrap(Deadline.after(seconds))
            if found.value is not None:
                answers = await asyncio.gather(*(cluster.ask(node, METADATA, Deadline.after(seconds)) for node in cluster.nodes))
                assert [each.sentence for each in answers] == [""] * 3
            return found

    found = asyncio.run(run())
    assert "hunter2" not in found.sentence
    return found


@pytest.mark.parametrize(
    ("guard", "settings", "principal"),
    [
        (FakeGuard(tls=BROKER, mechanisms=()), SecuritySettings(Protocol.SSL, TRUST), "User:ANONYMOUS"),
        (
            FakeGuard(tls=WANTS_CLIENT, mechanisms=()),
            SecuritySettings(Protocol.SSL, identity(AUTHORITY, "me")),
            "User:CN=me,O=Kastellan",
        ),
        (FakeGuard(tls=BROKER, users=USERS), plain(), "User:alice"),
        (FakeGuard(users=USERS), plain(protocol=Protocol.SASL_PLAINTEXT), "User:alice"),
        (FakeGuard(users=USERS, iterations=8_192), scram(), "User:alice"),
        (FakeGuard(tls=BROKER, users=USERS), scram(protocol=Protocol.SASL_SSL), "User:alice"),
        (
            FakeGuard(users=USERS),
            SecuritySettings(Protocol.SASL_PLAINTEXT, Tls(), ScramLogin("SCRAM-SHA-256", "alice", GOOD)),
            "User:alice",
        ),
    ],
    ids=["tls", "mtls", "plain over tls", "plain", "scram 512", "scram 512 over tls", "scram 256"],
)
def test_every_way_in_works_and_says_who_we_are(guard, settings, principal):
    assert met(guard, settings).value is not None
    assert Security.of(settings).principal == principal


@pytest.mark.parametrize(
    ("guard", "settings", "trouble", "told"),
    [
        (
            FakeGuard(tls=BROKER, mechanisms=()),
            SecuritySettings(),
            Trouble.CLOSED,
            "a TLS listener does that to a plaintext client",
        ),
        (FakeGuard(mechanisms=()), SecuritySettings(Protocol.SSL, TRUST), Trouble.INSECURE, "as a plaintext listener does"),
        (
            FakeGuard(users=USERS),
            SecuritySettings(),
            Trouble.CLOSED,
            "a SASL listener does that to a client that does not log in",
        ),
        (FakeGuard(mechanisms=()), scram(), Trouble.UNAUTHENTICATED, "has no SASL on this listener; use security.protocol"),
        (
            FakeGuard(mechanisms=("PLAIN", "OAUTHBEARER")),
            scram(),
            Trouble.UNAUTHENTICATED,
            "does not offer SCRAM-SHA-512 on this listener, it offers PLAIN, OAUTHBEARER; set sasl.mechanism",
        ),
        (
            FakeGuard(tls=BROKER, mechanisms=()),
            SecuritySettings(Protocol.SSL, Tls()),
            Trouble.INSECURE,
            "presents a certificate of CN=Test Authority, whom nothing here trusts; set ssl.truststore.location",
        ),
        (
            FakeGuard(tls=AUTHORITY.server(AUTHORITY.issue("b", ("kafka-1", "10.0.0.1"))), mechanisms=()),
            SecuritySettings(Protocol.SSL, TRUST),
            Trouble.INSECURE,
            "presents a certificate for kafka-1, 10.0.0.1, and was called 127.0.0.1",
        ),
        (
            FakeGuard(
                tls=AUTHORITY.server(AUTHORITY.issue("b", ends=dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC))), mechanisms=()
            ),
            SecuritySettings(Protocol.SSL, TRUST),
            Trouble.INSECURE,
            "presents a certificate that expired on 2026-01-02 03:04 UTC (CN=b,O=Kastellan); renew it on the broker",
        ),
    ],
    ids=[
        *("plaintext to tls", "tls to plaintext", "plaintext to sasl", "sasl to plaintext", "mechanism", "unknown issuer"),
        *("other name", "expired"),
    ],
)
def test_each_mismatch_is_one_sentence_with_its_remedy(guard, settings, trouble, told):
    found = met(guard, settings)
    assert found.trouble is trouble
    assert all(part in found.sentence for part in told.split("; "))
    assert found.sentence.count(told.partition(";")[0][:30]) == 1  # three addresses that say the same are told once


def test_without_the_check_of_names_any_name_will_do():
    guard = FakeGuard(tls=AUTHORITY.server(AUTHORITY.issue("b", ("kafka-1",))), mechanisms=())
    assert met(guard, SecuritySettings(Protocol.SSL, Tls(TRUST.trust, check_names=False))).value is not None


def test_a_certificate_is_checked_against_the_advertised_name_and_not_against_where_it_is_reached():
    async def run() -> None:
        model = fake_model()
        for node, each in model.nodes.items():
            each.host, each.port = f"kafka-{node}", 9092
        guard = FakeGuard(tls=AUTHORITY.server(AUTHORITY.issue("b", ("kafka-1", "kafka-2", "boot"))), mechanisms=())
        async with FakeCluster(model, guard) as fake:
            resolve = {f"kafka-{node}:9092": f"127.0.0.1:{fake.port(node)}" for node in model.nodes}
            resolve["boot:9092"] = f"127.0.0.1:{fake.port(1)}"
            security = Security.of(SecuritySettings(Protocol.SSL, TRUST))
            async with Cluster(parse_endpoints("boot:9092"), security=security, resolve=resolve) as cluster:
                assert (await cluster.bootstrap(Deadline.after(20))).ok
                answers = [await cluster.ask(node, METADATA, Deadline.after(20)) for node in (1, 2, 3)]
                assert [each.trouble for each in answers] == [None, None, Trouble.INSECURE]
                assert "broker 3 (kafka-3:9092) by way of 127.0.0.1" in answers[2].reason
                assert "was called kafka-3" in answers[2].reason

    asyncio.run(run())


@pytest.mark.parametrize("settings", [plain(Secret("wrong")), scram(Secret("wrong"), Protocol.SASL_SSL)], ids=["plain", "scram"])
def test_credentials_that_are_refused_are_tried_once_and_not_at_every_broker(settings):
    guard = FakeGuard(tls=BROKER, users=USERS)

    async def run() -> None:
        async with (
            FakeCluster(fake_model(), guard) as fake,
            Cluster(parse_endpoints(fake.bootstrap), security=Security.of(settings)) as cluster,
        ):
            told = [await cluster.bootstrap(Deadline.after(20)) for _ in range(5)]
            assert {each.trouble for each in told} == {Trouble.UNAUTHENTICATED}
            assert "so that no account is locked" in told[-1].reason

    asyncio.run(run())
    assert guard.refused == 1


def test_one_broker_that_refuses_after_others_let_us_in_is_left_alone_and_hinders_nobody():
    guard = FakeGuard(users=USERS)

    async def run() -> None:
        async with (
            FakeCluster(fake_model(), guard) as fake,
            Cluster(parse_endpoints(fake.bootstrap), security=Security.of(scram())) as cluster,
        ):
            assert (await cluster.bootstrap(Deadline.after(20))).ok
            await asyncio.gather(*(cluster.ask(node, METADATA, Deadline.after(20)) for node in cluster.nodes))
            guard.users = {"alice": "another"}
            fake.drop(2)
            before = guard.refused
            told = [await cluster.ask(2, METADATA, Deadline.after(20)) for _ in range(5)]
            assert {each.trouble for each in told[1:]} == {Trouble.UNAUTHENTICATED}
            assert guard.refused == before + 1
            assert (await cluster.ask(1, METADATA, Deadline.after(20))).ok

    asyncio.run(run())


@pytest.mark.parametrize(
    ("lie", "trouble", "told"),
    [
        (Lie.SIGNATURE, Trouble.UNAUTHENTICATED, "could not prove that it knows this user's password"),
        (Lie.ITERATIONS, Trouble.UNAUTHENTICATED, "wants 2147483648 SCRAM iterations"),
        (Lie.FEW_ITERATIONS, Trouble.UNAUTHENTICATED, "wants 1 SCRAM iterations"),
        (Lie.NONCE, Trouble.UNAUTHENTICATED, "a nonce that is not built on ours"),
        (Lie.GARBAGE, Trouble.UNAUTHENTICATED, "bytes that are no text"),
        (Lie.ENDLESS, Trouble.UNAUTHENTICATED, "could not prove"),
    ],
)
def test_a_broker_that_lies_in_the_login_learns_nothing_and_costs_nothing(lie, trouble, told):
    guard = FakeGuard(users=USERS, lie=lie)
    began = time.monotonic()
    found = met(guard, scram())
    assert (found.trouble, told in found.sentence) == (trouble, True), found.sentence
    assert time.monotonic() - began < 15


@pytest.mark.parametrize(
    ("fault", "trouble"),
    [
        (Fault(api=Api.SASL_AUTHENTICATE, instead=b"\x00\x00\x00\x08\x00\x00\x00\x02garb"), Trouble.GARBLED),
        (Fault(api=Api.SASL_HANDSHAKE, instead=b"HTTP/1.1 400 Bad\r\n\r\n"), Trouble.GARBLED),
        (Fault(api=Api.SASL_AUTHENTICATE, silent=True), Trouble.SILENT),
        (Fault(api=Api.SASL_HANDSHAKE, close=True), Trouble.CLOSED),
        (Fault(api=Api.SASL_AUTHENTICATE, cut_after=5), Trouble.CLOSED),
    ],
    ids=["garbage", "http", "silent", "closed", "cut"],
)
def test_a_broken_login_ends_in_one_sentence_within_the_deadline(fault, trouble):
    async def run() -> None:
        async with FakeCluster(fake_model(brokers=1), FakeGuard(users=USERS)) as fake:
            fake.faults.add(fault)
            async with Cluster(parse_endpoints(fake.bootstrap), security=Security.of(scram())) as cluster:
                began = time.monotonic()
                found = await cluster.bootstrap(Deadline.after(1.0))
                assert time.monotonic() - began < 8
                assert found.trouble is trouble, found.sentence
                assert "bootstrap 127.0.0.1:" in found.sentence

    asyncio.run(run())


def test_a_peer_that_accepts_and_never_finishes_the_tls_handshake_ends_at_the_deadline():
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await forever()

    async def trickling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for byte in b"\x16\x03\x03\x00\x7a\x02" + bytes(200):
            writer.write(bytes((byte,)))
            await asyncio.sleep(0.05)

    async def run() -> None:
        for behaviour in (silent, trickling):
            async with peer(behaviour) as endpoint:
                security = Security.of(SecuritySettings(Protocol.SSL, TRUST))
                async with Cluster([Endpoint(endpoint.host, endpoint.port, None, "bootstrap")], security=security) as cluster:
                    began = time.monotonic()
                    found = await cluster.bootstrap(Deadline.after(0.7))
                    assert 0.5 < time.monotonic() - began < 8
                    assert found.trouble is Trouble.SILENT
                    assert "did not finish the TLS handshake before the deadline" in found.sentence

    asyncio.run(run())


@contextmanager
def openssl_server(context: ssl.SSLContext) -> Iterator[int]:
    """A server that sends its alerts, as Java's does and asyncio's does not."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(20)

    def serve() -> None:
        try:
            while True:
                plug, _ = listener.accept()
                plug.settimeout(20)
                with plug, context.wrap_socket(plug, server_side=True, do_handshake_on_connect=False) as wrapped:
                    try:
                        wrapped.do_handshake()
                        wrapped.recv(1)
                    except OSError:
                        wrapped.close()
        except OSError:
            return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)  # wakes the thread
        listener.close()
        thread.join(30)


@pytest.mark.parametrize(
    ("tls", "told"),
    [
        (TRUST, "wants a client certificate and none was sent; set ssl.keystore.location"),
        (identity(Authority("Nobody"), "me"), "does not trust the authority of our client certificate"),
    ],
    ids=["none", "of another authority"],
)
def test_what_a_peer_thinks_of_our_certificate_is_told_although_tls_1_3_says_it_late(tls, told):
    async def run(port: int) -> Outcome[ClusterMembers]:
        security = Security.of(SecuritySettings(Protocol.SSL, tls))
        async with Cluster(parse_endpoints(f"127.0.0.1:{port}"), security=security) as cluster:
            return await cluster.bootstrap(Deadline.after(20))

    with openssl_server(WANTS_CLIENT) as port:
        found = asyncio.run(run(port))
    assert found.trouble is Trouble.INSECURE, found.sentence
    assert told in found.sentence


def test_a_session_that_ends_is_renewed_on_the_same_connection_before_its_end():
    guard = FakeGuard(users=USERS, lifetime_ms=1_500)

    async def run() -> None:
        async with (
            FakeCluster(fake_model(brokers=1), guard) as fake,
            Cluster(parse_endpoints(fake.bootstrap), security=Security.of(scram())) as cluster,
        ):
            assert (await cluster.bootstrap(Deadline.after(20))).ok
            first, until = guard.logins, Deadline.after(20)
            while guard.logins == first:
                answers = await asyncio.gather(*(cluster.ask(None, METADATA, Deadline.after(20)) for _ in range(20)))
                assert all(each.ok for each in answers)
                assert not until.passed
                await asyncio.sleep(0.05)
            assert guard.logins == first + 2  # once more the two messages of SCRAM, for all who asked at once
            assert fake.connections == 1

    asyncio.run(run())


def test_versions_and_every_message_of_a_login_are_on_the_bill():
    async def run() -> None:
        async with (
            FakeCluster(fake_model(), FakeGuard(users=USERS)) as fake,
            Cluster(parse_endpoints(fake.bootstrap), security=Security.of(scram())) as cluster,
        ):
            await cluster.bootstrap(Deadline.after(20))
            await asyncio.gather(*(cluster.ask(node, METADATA, Deadline.after(20)) for node in cluster.nodes))
            sent = {name: cost.requests for name, cost in cluster.costs().by_api.items()}
            assert sent == {"ApiVersions": 3, "SaslHandshake": 3, "SaslAuthenticate": 6, "DescribeCluster": 3, "Metadata": 3}
            assert sum(sent.values()) == len(fake.requests)

    asyncio.run(run())
