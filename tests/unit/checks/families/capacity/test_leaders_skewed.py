"""Who is to lead how much."""

from __future__ import annotations

import polars as pl
import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.replicas import Replicas
from kastellan.testing.cases import breaches, look
from kastellan.testing.snapshots import edit, healthy, hide, rebuilt

CHECK = "capacity.leaders_skewed"


def skewed(partitions: int = 60) -> Snapshot:
    """Broker 1 is preferred for all partitions with a replica there."""
    snapshot = healthy(topics={"orders": partitions})
    table = snapshot.tables[Replicas.name]
    first = pl.when(pl.col("broker") == 1).then(0).otherwise(pl.col("position") + 1).cast(pl.Int16)
    return snapshot.with_table(rebuilt(Replicas, table.df.with_columns(position=first), ()))


def test_fires_as_a_remark_on_the_broker_with_too_many() -> None:
    (found,) = look(CHECK, skewed()).findings
    assert (found.subject, found.severity) == (Subject("broker", (1,)), Severity.INFO)
    assert found.observed == "preferred leader of 60 partitions, the mean of the brokers is 20"


def test_does_not_fire_on_an_even_assignment() -> None:
    assert look(CHECK, healthy(topics={"orders": 60})).counts == {Verdict.PASS: 3}


def test_a_small_cluster_is_not_judged() -> None:
    assert look(CHECK, skewed(6)).counts == {Verdict.NOT_APPLICABLE: 3}


def test_cannot_see_a_place_or_a_broker_is_unknown() -> None:
    assert look(CHECK, edit(skewed(), Replicas, {"broker": 2, "partition": 1}, position=None)).counts == {Verdict.UNKNOWN: 3}
    assert Verdict.FAIL not in look(CHECK, hide(skewed(), "broker", 2)).counts


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, skewed()) == []
