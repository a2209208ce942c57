"""Table requests: derived from needs through views, merged, narrowed."""

from __future__ import annotations

from kastellan.engine.requests import (
    TableRequest,
    keys_of,
    members_of,
    merge_requests,
    narrow_requests,
    request_tables,
    requests_of,
    tables_of,
    without_tables,
)
from tests.unit.engine.test_needs import VIEWS, asks


def test_needs_become_requests_through_views_down_to_keys() -> None:
    requests = requests_of([asks], VIEWS)
    assert tables_of(requests) == {"offsets", "topics", "topic_configs", "commits"}
    assert keys_of(requests, "topic_configs") == {"retention.ms", "cleanup.policy"}
    assert keys_of(requests, "topics") == frozenset()
    assert tables_of(merge_requests(requests, request_tables("groups"))) == tables_of(requests) | {"groups"}


def test_requests_for_the_same_members_merge_and_others_stay_apart() -> None:
    some, all_keys = (
        TableRequest("topic_configs", frozenset({"a"})),
        TableRequest("topic_configs", frozenset({"*"}), frozenset({"orders"})),
    )
    merged = merge_requests([some, all_keys], [TableRequest("topic_configs", frozenset({"b"}))])
    assert merged == (TableRequest("topic_configs", frozenset({"a", "b"})), all_keys)
    assert (keys_of(merged, "topic_configs"), members_of(merged, "topic_configs")) == ({"a", "b"}, {"orders"})


def test_a_table_can_be_narrowed_to_members_and_left_out() -> None:
    requests = request_tables("commit_times", "offsets")
    assert narrow_requests(requests, "commit_times", ["billing"]) == (
        TableRequest("commit_times", members=frozenset({"billing"})),
        TableRequest("offsets"),
    )
    assert without_tables(requests, {"offsets"}) == request_tables("commit_times")
