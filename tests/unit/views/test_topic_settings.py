"""The settings of topics in one row each."""

from __future__ import annotations

from kastellan.engine.needs import Need
from kastellan.engine.resolver import Resolver
from kastellan.model.snapshot import Snapshot
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.testing.snapshots import drop, edit, healthy
from kastellan.views.catalogue import all_views
from kastellan.views.topic_settings import TopicSettings


def settings(snapshot: Snapshot) -> dict[str, dict[str, object]]:
    view = Resolver(snapshot, all_views()).get(Need("settings", TopicSettings))
    assert isinstance(view, TopicSettings)
    return {each["topic"]: each for each in view.df.to_dicts()}


def test_a_topic_has_its_effective_values_with_their_types() -> None:
    unclean = {"topic": "orders", "config": "unclean.leader.election.enable"}
    snapshot = edit(healthy(topics={"orders": 1, "__state": 1}), TopicConfigs, unclean, value="true", source="topic")
    told = settings(snapshot)
    assert {name: told["orders"][name] for name in ("cleanup_policy", "retention_ms", "segment_bytes", "max_message_bytes")} == {
        "cleanup_policy": "delete",
        "retention_ms": 604_800_000,
        "segment_bytes": 1024**3,
        "max_message_bytes": 1_048_588,
    }
    assert (told["orders"]["unclean_election"], told["orders"]["unclean_election_own"]) == (True, True)
    assert (told["__state"]["unclean_election"], told["__state"]["unclean_election_own"]) == (False, False)
    assert (told["orders"]["kafkas_own"], told["__state"]["kafkas_own"]) == (False, True)


def test_what_was_not_told_is_null_and_its_topic_stays() -> None:
    for snapshot in (
        edit(healthy(), TopicConfigs, {"topic": "orders"}, value=None, source=None),
        drop(healthy(), TopicConfigs, {"topic": "orders"}),
    ):
        orders = settings(snapshot)["orders"]
        assert {orders[name] for name in ("cleanup_policy", "retention_ms", "unclean_election", "unclean_election_own")} == {None}
