"""Checks in the natural but dishonest style are caught, and an honest one is not."""

from __future__ import annotations

import random
from collections.abc import Callable

import polars as pl
import pytest

from kastellan.checks.catalogue import RegisteredCheck
from kastellan.checks.check import Check, Verdicts
from kastellan.checks.evaluate import subjects_of
from kastellan.engine.needs import Views
from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.table import Frame, column
from kastellan.model.tables.commits import Commits
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.log_dirs import LogDirs
from kastellan.model.tables.offsets import Offsets
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.replicas import Replicas
from kastellan.testing.missing_data_kit import broken_by, leaks_of
from kastellan.testing.snapshots import edit, healthy
from kastellan.views.catalogue import all_views

pytestmark = pytest.mark.law

PARTITION = ("topic", "partition")


def judgement(evaluate: Callable[..., Verdicts]) -> RegisteredCheck:
    words = dict.fromkeys(("title", "observed", "expected", "impact", "do", "do_not", "verify"), "")
    return RegisteredCheck(Check(id="test.one", severity=Severity.ERROR, **words), evaluate, "About it.")


def caught(evaluate: Callable[..., Verdicts], snapshot: Snapshot) -> bool:
    """By the law, or by a subject that comes back as unknown though everything was seen."""
    one = judgement(evaluate)
    left_out = Verdict.UNKNOWN in subjects_of(one, snapshot, all_views()).values()
    return left_out or bool(broken_by(one, snapshot, all_views(), random.Random(7)))


def inner_join(offsets: Offsets, commits: Commits) -> Verdicts:
    """A partition without a seen offset is gone, and so are its groups' lags."""
    joined = commits.df.join(offsets.df.drop_nulls("latest"), on=PARTITION)
    return Verdicts("group", joined.group_by("group").agg(fails=(pl.col("latest") - pl.col("committed")).max() > 10))


def filtered(replicas: Replicas) -> Verdicts:
    """Only the sick ones are returned: what was not seen is not among them."""
    return Verdicts("partition", replicas.df.filter(~pl.col("in_sync")).group_by(PARTITION).agg(fails=pl.lit(value=True)))


def any_over_nulls(replicas: Replicas) -> Verdicts:
    """`any` skips a replica that was not seen."""
    return Verdicts("partition", replicas.df.group_by(PARTITION).agg(fails=(~pl.col("in_sync")).any()))


def sum_over_missing(log_dirs: LogDirs) -> Verdicts:
    """A directory that was not seen counts for nothing."""
    return Verdicts(
        "broker", log_dirs.df.group_by("broker").agg(fails=pl.col("usable_bytes").sum() * 10 < pl.col("total_bytes").sum())
    )


def crashes_on_null(groups: Groups) -> Verdicts:
    return Verdicts.rows("group", [{"group": each["group"], "fails": each["members"] < 1} for each in groups.df.to_dicts()])


def honest(replicas: Replicas) -> Verdicts:
    return Verdicts("partition", replicas.df.group_by(PARTITION).agg(fails=(~pl.col("in_sync")).any(ignore_nulls=False)))


def sick() -> Snapshot:
    snapshot = edit(healthy(), Replicas, {"topic": "orders", "partition": 1, "broker": 2}, in_sync=False)
    snapshot = edit(snapshot, Commits, {"partition": 0}, committed=0)
    return edit(snapshot, LogDirs, {"broker": 2}, usable_bytes=1)


@pytest.mark.parametrize("evaluate", [inner_join, filtered, any_over_nulls, sum_over_missing, crashes_on_null])
def test_a_dishonest_check_is_caught(evaluate: Callable[..., Verdicts]) -> None:
    assert caught(evaluate, sick())


@pytest.mark.parametrize("snapshot", [healthy(), sick()], ids=["healthy", "sick"])
def test_an_honest_check_is_not(snapshot: Snapshot) -> None:
    assert not caught(honest, snapshot)


def test_a_breach_tells_what_was_not_seen_and_what_became_of_the_verdict() -> None:
    breaches = broken_by(judgement(any_over_nulls), sick(), all_views(), random.Random(7))
    flipped = next(
        each for each in breaches if each.description == "replicas.in_sync blank everywhere" and each.before is Verdict.FAIL
    )
    assert (flipped.subject.text, flipped.after) == ("orders-1", Verdict.PASS)


class Led(Frame, name="led", key=("topic",)):
    """Partitions with a leader, per topic."""

    topic = column(pl.String, "name")
    led = column(pl.UInt32, "how many have a leader", "partitions")


def counts_what_it_sees(partitions: Partitions) -> Led:
    return Led(partitions.df.group_by("topic").agg(pl.col("answer").first(), led=(pl.col("leader") >= 0).sum()))


def drops_what_it_does_not_see(partitions: Partitions) -> Led:
    return counts_what_it_sees(Partitions(partitions.df.drop_nulls("leader"), partitions.unseen))


def test_a_view_that_invents_a_value_or_drops_a_row_is_caught() -> None:
    invents = leaks_of(Led, healthy(), Views({Led: counts_what_it_sees}), random.Random(7))
    assert any(each.column == "led" for each in invents)
    drops = leaks_of(Led, healthy(), Views({Led: drops_what_it_does_not_see}), random.Random(7))
    assert any(each.column is None and each.key == ("orders",) for each in drops)
