from __future__ import annotations

from kastellan.model.answer_log import AnswerLog
from kastellan.model.reuse_tables import reuse_tables
from kastellan.model.table import Unseen
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.log_dirs import LogDirs
from kastellan.testing.snapshots import AT_MS, failed_answer, healthy, hide


def test_a_table_is_reused_with_its_answers_under_new_ids_and_old_times():
    older = hide(healthy(at_ms=AT_MS - 40_000), "broker")
    log = AnswerLog()
    for answer in failed_answer(healthy())[0].answers:
        log.enter(answer)
    tables = reuse_tables(older, ["log_dirs", "brokers", "no such table"], log)
    answers = {answer.id: answer for answer in log.answers}
    assert sorted(tables) == ["brokers", "log_dirs"]
    assert len(answers) == len(log.answers) == 4
    for kind in (LogDirs, Brokers):
        table = tables[kind.name]
        assert isinstance(table, kind)
        assert {answers[answer].arrived_ms for answer in table.df["answer"]} == {AT_MS - 40_000}
        assert isinstance(table.unseen[0], Unseen)
        assert answers[table.unseen[0].answer].state == "failed"
