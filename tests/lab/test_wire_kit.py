"""A real Kafka keeps the contract of the wire that the fake keeps."""

from __future__ import annotations

import asyncio

import pytest

from kastellan import lab as labs
from tests.contract.wire.kit import BEHAVIOURS, Place


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda each: each.__name__)
def test_real(loaded_lab: labs.Lab, behaviour) -> None:
    asyncio.run(behaviour(Place(loaded_lab.bootstrap, loaded_lab.controller_bootstrap)))
