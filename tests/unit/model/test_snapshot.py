"""A look, and the looks before it."""

from __future__ import annotations

import msgspec

from kastellan.kernel.outcome import State
from kastellan.model.tables.offsets import Offsets
from kastellan.model.tables.topics import Topics
from kastellan.testing.snapshots import AT_MS, edit, failed_answer, healthy

OLD, OLDER = healthy(at_ms=AT_MS - 30_000), healthy(at_ms=AT_MS - 90_000)


def test_the_latest_look_that_is_old_enough() -> None:
    now = healthy().after(OLDER, OLD)
    assert [now.look_before(each) for each in (30, 31, 90)] == [OLD, OLDER, OLDER]
    assert now.look_before(90.1) is None
    assert healthy().look_before(0) is None


def test_looks_at_another_cluster_are_left_out_and_none_is_nested() -> None:
    other = msgspec.structs.replace(OLD, cluster_id="another")
    now = healthy().after(OLDER.after(OLD), other)
    assert [each.at_ms for each in now.earlier] == [OLDER.at_ms]
    assert now.earlier[0].earlier == ()


def test_replacing_a_table_leaves_the_look_as_it_was() -> None:
    before = healthy()
    after = edit(before, Offsets, {}, latest=7)
    tables = [each.table(Offsets) for each in (before, after)]
    assert [None if each is None else each.df["latest"][0] for each in tables] == [1000, 7]
    assert after.table(Topics) is before.table(Topics)


def test_answers_that_are_not_whole() -> None:
    assert healthy().incomplete_answers == ()
    snapshot, answer = failed_answer(healthy(), reason="no route")
    assert [(each.id, each.state) for each in snapshot.incomplete_answers] == [(answer, State.FAILED)]
    assert snapshot.incomplete_answers[0].sentence() == "something of broker/2 failed: no route"
