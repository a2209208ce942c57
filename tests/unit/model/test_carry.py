from __future__ import annotations

import msgspec

from kastellan.model.carry import carried
from kastellan.model.snapshot import Snapshot
from kastellan.model.table import Unseen
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.log_dirs import LogDirs
from kastellan.testing.snapshots import AT_MS, failed_answer, healthy, hide


def without(snapshot: Snapshot, *names: str) -> Snapshot:
    return msgspec.structs.replace(snapshot, tables={name: each for name, each in snapshot.tables.items() if name not in names})


def test_a_table_is_carried_with_its_answers_under_new_ids_and_old_times():
    older = hide(healthy(at_ms=AT_MS - 40_000), "broker")
    newer, _ = failed_answer(without(healthy(), "log_dirs", "brokers"))
    both = carried(newer, older, ["log_dirs", "brokers", "topics", "no such table"])
    answers = {each.id: each for each in both.answers}
    assert len(answers) == len(both.answers) == 4
    for kind in (LogDirs, Brokers):
        table = both.table(kind)
        assert table is not None
        assert {answers[each].arrived_ms for each in table.df["answer"]} == {AT_MS - 40_000}
        assert isinstance(table.unseen[0], Unseen)
        assert answers[table.unseen[0].answer].state == "failed"
    assert both.tables["topics"] is newer.tables["topics"]


def test_nothing_is_carried_over_what_is_there():
    newer = healthy()
    assert carried(newer, healthy(at_ms=AT_MS - 1), ["log_dirs"]) is newer
