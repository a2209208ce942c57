"""The certificates that brokers present, as a look sees them."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest

from kastellan.app.observe import observe
from kastellan.config.security import Protocol, SecuritySettings, Store, Tls
from kastellan.engine.requests import request_tables
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.secret import Secret
from kastellan.model.tables.certificates import Certificate, Certificates
from kastellan.sources.kafka.source import KafkaSource
from kastellan.testing.certificates import Authority
from kastellan.testing.fake_broker import FakeCluster, fake_model
from kastellan.testing.fake_broker_security import FakeGuard

pytestmark = pytest.mark.enable_socket

AUTHORITY = Authority()
ENDS = dt.datetime(2031, 2, 3, 4, 5, tzinfo=dt.UTC)


def look(guard: FakeGuard, security: SecuritySettings) -> tuple[Certificate, ...]:
    async def run() -> tuple[Certificate, ...]:
        async with FakeCluster(fake_model(), guard) as fake:
            source = KafkaSource(fake.bootstrap, security=security)
            try:
                snapshot = await observe(source, request_tables("certificates", "brokers"), Deadline.after(20))
            finally:
                await source.close()
            table = snapshot.table(Certificates)
            assert table is not None
            return table.rows

    return asyncio.run(run())


def test_every_broker_presents_one_with_its_names_and_its_end() -> None:
    tls = AUTHORITY.server(AUTHORITY.issue("b", ends=ENDS))
    trust = Tls(trust=Store(None, Secret(AUTHORITY.pem), place="ssl.truststore.certificates of f"))
    rows = look(FakeGuard(tls=tls, mechanisms=()), SecuritySettings(Protocol.SSL, trust))
    assert [each.broker for each in rows] == [1, 2, 3]
    for each in rows:
        assert each.tls is True
        assert each.subject is not None
        assert "CN=b" in each.subject
        assert each.issuer == "CN=Test Authority"
        assert each.not_after_ms == int(ENDS.timestamp() * 1000)
        assert each.self_signed is False
        assert each.names is not None
        assert "127.0.0.1" in each.names


def test_without_tls_there_is_none() -> None:
    rows = look(FakeGuard(mechanisms=()), SecuritySettings())
    assert {(each.tls, each.subject) for each in rows} == {(False, None)}
