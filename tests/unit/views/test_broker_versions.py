from __future__ import annotations

import random
from typing import Any

import pytest

from kastellan.engine.needs import Need
from kastellan.engine.resolver import Resolver
from kastellan.model.snapshot import Snapshot
from kastellan.model.tables.api_versions import ApiVersions
from kastellan.model.tables.brokers import Brokers
from kastellan.testing.missing_data_kit import leaks_of
from kastellan.testing.snapshots import add, drop, edit, healthy
from kastellan.views.broker_versions import BrokerVersions
from kastellan.views.catalogue import all_views


def rows(snapshot: Snapshot) -> dict[int, dict[str, Any]]:
    view = Resolver(snapshot, all_views()).get(Need("versions", BrokerVersions))
    assert isinstance(view, BrokerVersions)
    return {each["broker"]: each for each in view.df.to_dicts()}


def test_brokers_of_one_release_have_one_value() -> None:
    assert {each["spoken"] for each in rows(healthy()).values()} == {"3:0-13"}
    more = rows(add(healthy(), ApiVersions, {"broker": 2, "api_key": 0, "min_version": 3, "max_version": 11}))
    assert (more[2]["spoken"], more[2]["highest_sum"], more[1]["highest_sum"]) == ("0:3-11 3:0-13", 24, 13)


def test_a_broker_that_did_not_tell_is_null() -> None:
    snapshot = drop(healthy(), ApiVersions, {"broker": 2})
    assert rows(snapshot)[2]["spoken"] is None
    assert rows(edit(healthy(), ApiVersions, {"broker": 2}, max_version=None))[2]["spoken"] is None


def test_a_broker_is_away_by_the_word_of_the_controller_or_else_of_metadata() -> None:
    assert not rows(healthy())[2]["away"]
    assert rows(edit(healthy(), Brokers, {"broker": 2}, fenced=True))[2]["away"]
    assert rows(edit(healthy(), Brokers, {"broker": 2}, fenced=None, listed=False))[2]["away"]


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert leaks_of(BrokerVersions, healthy(), all_views(), random.Random(7), rounds=4) == []
