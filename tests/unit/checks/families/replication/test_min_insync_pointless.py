"""Three replicas and a minimum of one."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.testing.cases import breaches, look, verdicts
from kastellan.testing.snapshots import edit, healthy

CHECK = "replication.min_insync_pointless"


def lax(snapshot: Snapshot) -> Snapshot:
    """The topic orders has a minimum of one."""
    return edit(snapshot, TopicConfigs, {"topic": "orders", "config": "min.insync.replicas"}, value="1")


def test_fires_as_a_remark_on_the_topic() -> None:
    (found,) = look(CHECK, lax(healthy())).findings
    assert (found.subject, found.severity) == (Subject("topic", ("orders",)), Severity.INFO)
    assert found.observed == "min.insync.replicas is 1 with 3 replicas"


def test_does_not_fire_with_a_minimum_of_two() -> None:
    assert look(CHECK, healthy()).counts == {Verdict.PASS: 2}


def test_two_replicas_or_one_are_not_judged() -> None:
    for copies in (1, 2):
        assert look(CHECK, lax(healthy(rf=copies))).counts == {Verdict.NOT_APPLICABLE: 2}
    assert look(CHECK, lax(healthy(rf=2)), min_copies=2).counts == {Verdict.PASS: 1, Verdict.FAIL: 1}


def test_cannot_see_the_minimum_is_unknown() -> None:
    blind = edit(healthy(), TopicConfigs, {"topic": "orders"}, value=None)
    assert verdicts(CHECK, blind)[Subject("topic", ("orders",))] is Verdict.UNKNOWN


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, lax(healthy())) == []
