"""The release line of each broker's software."""

from __future__ import annotations

import pytest

from kastellan.engine.needs import Need
from kastellan.engine.resolver import Resolver
from kastellan.model.snapshot import Snapshot
from kastellan.model.tables.broker_features import BrokerFeatures
from kastellan.model.tables.brokers import Brokers
from kastellan.reference.reference_data import packaged_releases
from kastellan.testing.snapshots import drop, edit, healthy
from kastellan.views.broker_releases import BrokerReleases
from kastellan.views.catalogue import all_views


def line_of(snapshot: Snapshot, broker: int = 2) -> tuple[str | None, bool | None]:
    view = Resolver(snapshot, all_views(packaged_releases())).get(Need("releases", BrokerReleases))
    assert isinstance(view, BrokerReleases)
    assert view.df.height == 3
    ((_, *told),) = view.df.filter(broker=broker).select("broker", "line", "newer").iter_rows()
    return told[0], told[1]


@pytest.mark.parametrize(("level", "line"), [(1, "3.0"), (7, "3.3"), (21, "3.9"), (25, "4.0"), (30, "4.3"), (33, "4.4")])
def test_the_highest_level_that_a_broker_supports_is_its_line(level: int, line: str) -> None:
    assert line_of(edit(healthy(), BrokerFeatures, {"broker": 2}, supported_max=level)) == (line, False)


def test_a_level_beyond_the_data_is_newer_than_it() -> None:
    assert line_of(edit(healthy(), BrokerFeatures, {"broker": 2}, supported_max=34)) == (None, True)


def test_what_was_not_told_is_null() -> None:
    assert line_of(edit(healthy(), BrokerFeatures, {"broker": 2}, supported_max=None)) == (None, None)
    assert line_of(drop(healthy(), BrokerFeatures, {"broker": 2})) == (None, None)


def test_a_fenced_broker_is_away() -> None:
    view = Resolver(edit(healthy(), Brokers, {"broker": 2}, fenced=True), all_views(packaged_releases())).get(
        Need("releases", BrokerReleases)
    )
    assert isinstance(view, BrokerReleases)
    assert view.df.sort("broker")["away"].to_list() == [False, True, False]
