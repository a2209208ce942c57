from __future__ import annotations

from kastellan.engine.needs import Need
from kastellan.engine.resolver import Resolver
from kastellan.model.snapshot import Snapshot
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.replicas import Replicas
from kastellan.testing.snapshots import add, edit, healthy
from kastellan.views.catalogue import all_views
from kastellan.views.leader_balance import LeaderBalance


def balance(snapshot: Snapshot) -> dict[int, tuple[int | None, int | None]]:
    view = Resolver(snapshot, all_views()).get(Need("balance", LeaderBalance))
    assert isinstance(view, LeaderBalance)
    return {
        broker: (preferred, elsewhere)
        for broker, preferred, elsewhere in view.df.select("broker", "preferred", "led_elsewhere").iter_rows()
    }


def test_counts_what_a_broker_should_lead_and_what_others_lead_for_it() -> None:
    assert balance(healthy()) == {1: (2, 0), 2: (2, 0), 3: (2, 0)}
    moved = edit(healthy(), Partitions, {"topic": "orders", "partition": 1}, leader=3)
    assert balance(moved) == {1: (2, 0), 2: (2, 1), 3: (2, 0)}
    assert balance(edit(moved, Partitions, {"topic": "orders", "partition": 1}, leader=-1))[2] == (2, 1)


def test_a_broker_without_replicas_has_a_row() -> None:
    assert balance(add(healthy(), Brokers, {"broker": 9, "reason": ""}))[9] == (0, 0)


def test_an_unseen_leader_is_unknown_for_its_preferred_broker_alone() -> None:
    unseen = edit(healthy(), Partitions, {"topic": "orders", "partition": 1}, leader=None)
    assert balance(unseen) == {1: (2, 0), 2: (2, None), 3: (2, 0)}


def test_an_unseen_place_is_unknown_for_all() -> None:
    unseen = edit(healthy(), Replicas, {"topic": "orders", "partition": 1, "broker": 1}, position=None)
    assert set(balance(unseen).values()) == {(None, None)}
