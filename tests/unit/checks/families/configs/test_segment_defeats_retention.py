"""Segments that outlive the retention."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.replica_sizes import ReplicaSizes
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.testing.cases import breaches, look, verdicts
from kastellan.testing.snapshots import add, edit, healthy

CHECK = "configs.segment_defeats_retention"
ORDERS = Subject("topic", ("orders",))


def short(config: str = "retention.ms", value: str | None = "86400000") -> Snapshot:
    """A day's retention, and segments of a week."""
    day = edit(healthy(), TopicConfigs, {"topic": "orders", "config": "retention.ms"}, value="86400000")
    return edit(day, TopicConfigs, {"topic": "orders", "config": config}, value=value)


def test_fires_where_time_rolls_the_segments_after_the_retention() -> None:
    (found,) = look(CHECK, short()).findings
    assert (found.subject, found.severity) == (ORDERS, Severity.INFO)
    assert found.observed == "kept for 1 d, while a segment is written for 7 d or until 1 GiB; the largest replica has 9.8 KiB"


def test_does_not_fire_where_the_size_rolls_them_first() -> None:
    large = edit(short(), ReplicaSizes, {"topic": "orders", "partition": 1, "broker": 2}, size_bytes=2 * 1024**3)
    assert verdicts(CHECK, large)[ORDERS] is Verdict.PASS


def test_does_not_fire_where_the_segments_time_fits_nor_without_a_retention() -> None:
    assert verdicts(CHECK, short("segment.ms", "86400000"))[ORDERS] is Verdict.PASS
    assert verdicts(CHECK, short("retention.ms", "-1"))[ORDERS] is Verdict.PASS
    assert not look(CHECK, short(), factor=7).findings


def test_an_empty_topic_has_nothing_that_outlives() -> None:
    empty = edit(short(), ReplicaSizes, {"topic": "orders"}, size_bytes=0)
    assert verdicts(CHECK, empty)[ORDERS] is Verdict.PASS


def test_a_compacted_topic_is_not_judged() -> None:
    assert verdicts(CHECK, short("cleanup.policy", "compact,delete"))[ORDERS] is Verdict.NOT_APPLICABLE


def test_cannot_see_a_replica_that_may_be_large() -> None:
    assert verdicts(CHECK, edit(short(), ReplicaSizes, {"broker": 2}, size_bytes=None))[ORDERS] is Verdict.UNKNOWN
    assert verdicts(CHECK, add(short(), ReplicaSizes, {"broker": 4}))[ORDERS] is Verdict.UNKNOWN


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, healthy(), short()) == []
