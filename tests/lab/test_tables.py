"""A real Kafka keeps the contract of the tables that the fake keeps, and its members tell what they subscribe to."""

from __future__ import annotations

import asyncio

import polars as pl
import pytest

from kastellan import lab as labs
from kastellan.kernel.outcome import State
from tests.contract.sources.tables_kit import BEHAVIOURS, RealPlace, look


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda each: each.__name__)
def test_real(loaded_lab: labs.Lab, behaviour) -> None:
    asyncio.run(behaviour(RealPlace(loaded_lab.bootstrap, "events")))


def test_members_of_both_protocols_tell_what_they_subscribe_to(loaded_lab: labs.Lab) -> None:
    snapshot = asyncio.run(look(RealPlace(loaded_lab.bootstrap, "events"), "members", "groups"))
    members = snapshot.tables["members"].df
    for group, protocol, count in (("billing", "classic", 3), ("shipping", "consumer", 2)):
        rows = members.filter(pl.col("group") == group)
        assert rows.select("subscribed", "protocol").rows() == [("orders", protocol)] * count
    groups = snapshot.tables["groups"].df
    assert groups.filter(pl.col("group") == "shipping")["epoch"].item() >= 1
    assert groups.filter(pl.col("group") == "billing")["assignor"].item() == "range"


def test_a_lab_without_an_authorizer_has_no_acls(loaded_lab: labs.Lab) -> None:
    snapshot = asyncio.run(look(RealPlace(loaded_lab.bootstrap, "events"), "acls"))
    assert snapshot.tables["acls"].df.height == 0
    assert not snapshot.tables["acls"].unseen
    (answer,) = [each for each in snapshot.answers if each.asked == "DescribeAcls"]
    assert (answer.state, "no authorizer" in answer.reason) == (State.UNSUPPORTED, True)
