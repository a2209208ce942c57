"""The fake keeps the contract of the wire, open and guarded; tests/lab holds a real Kafka to the same."""

from __future__ import annotations

import asyncio

import pytest

from kastellan.config.security import Protocol, ScramLogin, SecuritySettings, Store, Tls
from kastellan.kernel.secret import Secret
from kastellan.testing.certificates import Authority
from kastellan.testing.fake_broker import FakeCluster, FakeGuard, fake_model
from tests.contract.wire.kit import BEHAVIOURS, Place

AUTHORITY = Authority()
SERVER = AUTHORITY.server(AUTHORITY.issue("broker"))
SECURED = SecuritySettings(
    Protocol.SASL_SSL,
    Tls(trust=Store(None, Secret(AUTHORITY.pem), place="the test")),
    ScramLogin("SCRAM-SHA-512", "alice", Secret("hunter2")),
)


@pytest.mark.parametrize("secured", [False, True], ids=["plaintext", "sasl_ssl"])
@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda each: each.__name__)
def test_fake(behaviour, secured):
    guard = FakeGuard(tls=SERVER, users={"alice": "hunter2"}) if secured else None

    async def run() -> None:
        async with FakeCluster(fake_model(), guard) as fake:
            await behaviour(Place(fake.bootstrap, fake.bootstrap, SECURED if secured else SecuritySettings()))

    asyncio.run(run())
