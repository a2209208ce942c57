"""The fake keeps the contract of the wire; tests/lab/test_wire_kit.py holds a real Kafka to the same."""

from __future__ import annotations

import asyncio

import pytest

from kastellan.testing.fake_broker import FakeCluster, fake_model
from tests.contract.wire.kit import BEHAVIOURS, Place


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda each: each.__name__)
def test_fake(behaviour):
    async def run() -> None:
        async with FakeCluster(fake_model()) as fake:
            await behaviour(Place(fake.bootstrap, fake.bootstrap))

    asyncio.run(run())
