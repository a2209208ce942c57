"""Topics whose records fall into one partition."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.commits import Commits
from kastellan.model.tables.offsets import Offsets
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.testing.cases import breaches, look, verdicts
from kastellan.testing.snapshots import edit, healthy, hide

CHECK = "capacity.keys_skewed"
HOT = Subject("partition", ("payments", 0))


def skewed(hot: int | None = 900_000, rest: int | None = 2_000, partitions: int = 3, topic: str = "payments") -> Snapshot:
    """The group billing reads orders; nobody reads the other topic."""
    snapshot = edit(healthy(topics={"orders": 3, topic: partitions}), Offsets, {"topic": topic}, earliest=0, latest=rest)
    return edit(snapshot, Offsets, {"topic": topic, "partition": 0}, latest=hot)


def test_fires_as_a_remark_on_the_partition_that_gets_nearly_all() -> None:
    (found,) = look(CHECK, skewed()).findings
    assert (found.subject, found.severity) == (HOT, Severity.INFO)
    assert found.observed == "900,000 records, the median of the topic's partitions is 2,000"


def test_is_a_warning_where_a_group_is_behind_there_and_nowhere_else() -> None:
    snapshot = edit(healthy(), Offsets, {"topic": "orders"}, earliest=0, latest=2_000)
    snapshot = edit(snapshot, Commits, {"group": "billing"}, committed=2_000)
    hot = edit(snapshot, Offsets, {"topic": "orders", "partition": 1}, latest=900_000)
    (found,) = look(CHECK, hot).findings
    assert (found.subject, found.severity) == (Subject("partition", ("orders", 1)), Severity.WARNING)
    assert found.observed.endswith("; nearly all that billing has to read is here")
    unseen = edit(hot, Commits, {"group": "billing", "partition": 0}, committed=None)
    assert [each.severity for each in look(CHECK, unseen).findings] == [Severity.INFO]


def test_does_not_fire_on_few_records_on_an_even_topic_and_after_retention() -> None:
    assert look(CHECK, skewed(hot=90_000)).findings == ()
    assert look(CHECK, skewed(rest=100_000)).findings == ()
    deleted = edit(skewed(), Offsets, {"topic": "payments", "partition": 0}, earliest=899_000)
    assert look(CHECK, deleted).findings == ()


def test_small_compacted_and_internal_topics_are_not_judged() -> None:
    assert verdicts(CHECK, skewed(partitions=2))[HOT] is Verdict.NOT_APPLICABLE
    compacted = edit(skewed(), TopicConfigs, {"topic": "payments", "config": "cleanup.policy"}, value="compact,delete")
    assert verdicts(CHECK, compacted)[HOT] is Verdict.NOT_APPLICABLE
    own = Subject("partition", ("__consumer_offsets", 0))
    assert verdicts(CHECK, skewed(topic="__consumer_offsets"))[own] is Verdict.NOT_APPLICABLE


def test_cannot_see_an_end_a_policy_or_other_partitions_is_unknown() -> None:
    dark = edit(skewed(), Offsets, {"topic": "payments", "partition": 2}, latest=None)
    assert verdicts(CHECK, dark)[HOT] is Verdict.UNKNOWN
    policy = edit(skewed(), TopicConfigs, {"topic": "payments", "config": "cleanup.policy"}, value=None)
    assert verdicts(CHECK, policy)[HOT] is Verdict.UNKNOWN
    assert verdicts(CHECK, hide(skewed(), "topic"))[HOT] is Verdict.UNKNOWN


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, skewed()) == []
