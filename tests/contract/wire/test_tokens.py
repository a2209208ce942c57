"""Logins by OAUTHBEARER with tokens of an issuer on loopback: good, wrong, slow, and one that is no issuer."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import ssl
import time
from collections.abc import AsyncIterator

import msgspec
import pytest

from kastellan.config.security import OAuthLogin, Protocol, SecuritySettings, Store, Tls
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.outcome import Outcome, Trouble
from kastellan.kernel.secret import Secret
from kastellan.testing.certificates import Authority
from kastellan.testing.fake_broker import FakeCluster, FakeGuard, fake_model
from kastellan.wire.kafka import requests as q
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.client import Cluster
from kastellan.wire.kafka.endpoint import parse_endpoints
from kastellan.wire.kafka.members import ClusterMembers
from kastellan.wire.kafka.requests import RequestSpec
from kastellan.wire.kafka.security import Security

AUTHORITY = Authority()
METADATA = RequestSpec(Api.METADATA, q.metadata)
TOKEN = ".".join(("e30", base64.urlsafe_b64encode(b'{"sub":"service-7"}').decode().rstrip("="), "c2ln"))


class Issuer(msgspec.Struct):
    """What an issuer answers, and what it was asked."""

    status: int = 200
    body: bytes = json.dumps({"access_token": TOKEN, "expires_in": 3_600}).encode()
    silent: bool = False
    raw: bytes | None = None
    asked: list[str] = []


@contextlib.asynccontextmanager
async def issuing(issuer: Issuer, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """The URL of its token endpoint."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(int(each.partition(":")[2]) for each in head.split("\r\n") if each.lower().startswith("content-length"))
            issuer.asked.append(head + (await reader.readexactly(length)).decode())
            if issuer.silent:
                await asyncio.sleep(60)
            start = f"HTTP/1.1 {issuer.status} X\r\nContent-Length: {len(issuer.body)}\r\nConnection: close\r\n\r\n".encode()
            writer.write(issuer.raw if issuer.raw is not None else start + issuer.body)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.sockets[0].getsockname()[1]}/token"
    finally:
        server.close()


def met(issuer: Issuer, tls: ssl.SSLContext | None = None, trust: Store | None = None, **more: object) -> Outcome[ClusterMembers]:
    """What a bootstrap and a question to each broker come to; the principal is the reason of a good one."""
    guard = FakeGuard(mechanisms=("OAUTHBEARER",), tokens=frozenset({TOKEN}))

    async def run() -> Outcome[ClusterMembers]:
        async with issuing(issuer, tls) as url, FakeCluster(fake_model(), guard) as fake:
            values = {"token_url": url, "client_id": "me", "client_secret": Secret("hunter2"), "scope": "kafka", "trust": trust}
            security = Security.of(SecuritySettings(Protocol.SASL_PLAINTEXT, Tls(), OAuthLogin(**{**values, **more})))
            async with Cluster(parse_endpoints(fake.bootstrap), security=security) as cluster:
                found = await cluster.bootstrap(Deadline.after(2 if issuer.silent else 20))
                if found.value is None:
                    return found
                told = await asyncio.gather(*(cluster.ask(node, METADATA, Deadline.after(20)) for node in cluster.nodes))
                assert all(each.ok for each in told)
                return msgspec.structs.replace(found, reason=security.principal)

    found = asyncio.run(run())
    assert "hunter2" not in found.sentence
    assert TOKEN not in found.sentence
    return found


def test_one_token_serves_every_connection_and_says_who_we_are():
    issuer = Issuer(asked=[])
    assert met(issuer).reason == "User:service-7"
    (asked,) = issuer.asked
    assert "authorization: basic " + base64.b64encode(b"me:hunter2").decode().lower() in asked.lower()
    assert asked.endswith("grant_type=client_credentials&scope=kafka")


def test_an_issuer_is_trusted_by_the_truststore_and_not_without():
    tls = AUTHORITY.server(AUTHORITY.issue("issuer"))
    assert met(Issuer(asked=[]), tls, Store(None, Secret(AUTHORITY.pem), place="x")).ok
    found = met(Issuer(asked=[]), tls)
    assert found.trouble is Trouble.INSECURE
    assert "the token endpoint https://127.0.0.1:" in found.sentence
    assert "whom nothing here trusts" in found.reason
    assert found.remedy.startswith("set ssl.truststore.location")


@pytest.mark.parametrize(
    ("issuer", "trouble", "told"),
    [
        (
            Issuer(status=401, body=b'{"error":"invalid_client","error_description":"no\\nsuch"}'),
            Trouble.UNAUTHENTICATED,
            "gave me no token: status 401 (invalid_client no such); check clientId, clientSecret and scope",
        ),
        (Issuer(status=503, body=b"busy"), Trouble.REJECTED, "answered with status 503; check the address and the issuer"),
        (Issuer(status=302, body=b""), Trouble.REJECTED, "answered with status 302"),
        (Issuer(body=b"<html>"), Trouble.GARBLED, "answered without a token"),
        (Issuer(body=b'{"access_token":"two words"}'), Trouble.GARBLED, "answered without a token"),
        (Issuer(body=b'{"access_token":7}'), Trouble.GARBLED, "answered without a token"),
        (Issuer(body=bytes(2_000_000)), Trouble.GARBLED, "answered with more than 1 MiB"),
        (Issuer(raw=b"\x00\x01\x02 no HTTP\r\n\r\n"), Trouble.UNREACHABLE, "cannot be reached from here"),
    ],
    ids=["refused", "busy", "elsewhere", "page", "no token", "number", "large", "no HTTP"],
)
def test_an_issuer_that_gives_no_token_is_one_sentence(issuer, trouble, told):
    issuer.asked = []
    found = met(issuer)
    assert found.trouble is trouble, found.sentence
    assert all(part in found.sentence for part in told.split("; "))
    assert found.sentence.startswith("the token endpoint http://127.0.0.1:")
    if trouble is Trouble.UNAUTHENTICATED:
        assert len(issuer.asked) == 1


def test_an_issuer_that_says_nothing_ends_within_the_deadline():
    began = time.monotonic()
    found = met(Issuer(silent=True, asked=[]))
    assert not found.ok
    assert "login by OAUTHBEARER" in found.sentence
    assert time.monotonic() - began < 15


def test_a_token_that_the_broker_refuses_is_told_with_the_brokers_reason():
    body = json.dumps({"access_token": "another"}).encode()
    found = met(Issuer(body=body, asked=[]))
    assert found.trouble is Trouble.UNAUTHENTICATED
    assert "status invalid_token" in found.sentence


def test_id_and_secret_are_encoded_where_the_issuer_wants_that():
    issuer = Issuer(asked=[])
    met(issuer, client_id="a b:c", client_secret=Secret("hunter2+"), url_encode_header=True)
    assert base64.b64encode(b"a+b%3Ac:hunter2%2B").decode() in issuer.asked[0]
