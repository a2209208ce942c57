"""Configs of other releases, as brokers tell them."""

from __future__ import annotations

import pytest

from kastellan.engine.needs import Need
from kastellan.engine.requests import keys_of, requests_of
from kastellan.engine.resolver import Resolver
from kastellan.model.snapshot import Snapshot
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.broker_features import BrokerFeatures
from kastellan.reference.reference_data import packaged_releases
from kastellan.testing.snapshots import edit, healthy
from kastellan.views.catalogue import all_views
from kastellan.views.outdated_configs import OutdatedConfigs, outdated_configs

KEY = "log.cleaner.enable"


def row(snapshot: Snapshot, config: str = KEY) -> tuple[bool | None, bool | None, bool | None]:
    view = Resolver(snapshot, all_views(packaged_releases())).get(Need("outdated", OutdatedConfigs))
    assert isinstance(view, OutdatedConfigs)
    (told,) = view.df.filter(broker=2, config=config).select("is_set", "gone", "leaving").iter_rows()
    return told[0], told[1], told[2]


CASES = {
    True: [("static", True), ("static", None), ("broker", True), ("cluster", True)],
    False: [("default", True), (None, True)],
    None: [(None, None)],
}


@pytest.mark.parametrize(("expected", "told"), CASES.items())
def test_who_set_it_tells_whether_it_is_set(expected: object, told: list[tuple[str | None, bool | None]]) -> None:
    for source, seen in told:
        value = "false" if source and seen else None
        snapshot = edit(healthy(), BrokerConfigs, {"broker": 2, "config": KEY}, source=source, seen=seen, value=value)
        assert row(snapshot) == (expected, False, True)


def test_a_config_leaves_before_it_is_gone() -> None:
    old = edit(healthy(), BrokerFeatures, {}, supported_max=21)
    assert row(old, "zookeeper.connect") == (False, False, True)
    assert row(healthy(), "zookeeper.connect") == (False, True, False)
    assert row(edit(healthy(), BrokerFeatures, {}, supported_max=None), "zookeeper.connect") == (False, None, None)


def test_asks_for_what_can_be_told() -> None:
    keys = keys_of(requests_of([outdated_configs], all_views(packaged_releases())), "broker_configs")
    assert keys == set(packaged_releases().outdated_broker_keys())
    assert "broker.id" not in keys
    assert "message.format.version" not in keys
