from __future__ import annotations

from kastellan.engine.needs import Need
from kastellan.engine.resolver import Resolver
from kastellan.model.snapshot import Snapshot
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.testing.snapshots import drop, edit, healthy
from kastellan.views.catalogue import all_views
from kastellan.views.topic_limits import TopicLimits


def limits(snapshot: Snapshot) -> dict[str, tuple[int | None, str | None]]:
    view = Resolver(snapshot, all_views()).get(Need("limits", TopicLimits))
    assert isinstance(view, TopicLimits)
    return {each["topic"]: (each["min_insync_replicas"], each["cleanup_policy"]) for each in view.df.to_dicts()}


def test_topics_have_their_effective_values() -> None:
    snapshot = edit(healthy(), TopicConfigs, {"topic": "orders", "config": "min.insync.replicas"}, value="3")
    assert limits(snapshot) == {"orders": (3, "delete"), "payments": (2, "delete")}


def test_a_value_that_was_not_seen_is_null_and_its_topic_stays() -> None:
    assert limits(edit(healthy(), TopicConfigs, {"topic": "orders"}, value=None))["orders"] == (None, None)
    assert limits(drop(healthy(), TopicConfigs, {"topic": "orders"}))["orders"] == (None, None)
