"""Topics that hold nothing."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.assignments import Assignments
from kastellan.model.tables.offsets import Offsets
from kastellan.testing.cases import breaches, look, verdicts
from kastellan.testing.snapshots import add, drop, edit, failed_answer, healthy

CHECK = "capacity.topics_empty_or_stale"
PAYMENTS = Subject("topic", ("payments",))


def empty(topic: str = "payments", earliest: int | None = 0, latest: int | None = 0) -> Snapshot:
    """The group billing reads orders; nobody reads the other topic."""
    return edit(healthy(topics={"orders": 2, topic: 2}), Offsets, {"topic": topic}, earliest=earliest, latest=latest)


def test_fires_as_a_remark_on_a_topic_without_records() -> None:
    (found,) = look(CHECK, empty()).findings
    assert (found.subject, found.severity, found.observed) == (PAYMENTS, Severity.INFO, "never a record in 2 partitions")


def test_fires_where_retention_has_taken_the_last_one() -> None:
    (found,) = look(CHECK, empty(earliest=700, latest=700)).findings
    assert found.observed == "no record is left in 2 partitions"


def test_does_not_fire_where_one_partition_holds_a_record() -> None:
    one = edit(empty(), Offsets, {"topic": "payments", "partition": 1}, latest=1)
    assert verdicts(CHECK, one)[PAYMENTS] is Verdict.PASS


def test_topics_of_kafka_and_streams_and_those_that_are_read_are_not_judged() -> None:
    for topic in ("__consumer_offsets", "app-store-changelog", "app-by-key-repartition"):
        assert verdicts(CHECK, empty(topic))[Subject("topic", (topic,))] is Verdict.NOT_APPLICABLE
    read = edit(healthy(), Offsets, {"topic": "orders"}, earliest=0, latest=0)
    assert verdicts(CHECK, read)[Subject("topic", ("orders",))] is Verdict.NOT_APPLICABLE


def test_cannot_see_an_end_or_an_assignment_is_unknown() -> None:
    assert verdicts(CHECK, empty(latest=None))[PAYMENTS] is Verdict.UNKNOWN
    snapshot, answer = failed_answer(drop(empty(), Assignments, {}))
    unread = add(snapshot, Assignments, {"group": "billing", "answer": answer})
    assert verdicts(CHECK, unread)[PAYMENTS] is Verdict.UNKNOWN


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, empty()) == []
