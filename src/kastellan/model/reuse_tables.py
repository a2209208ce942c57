"""Tables of an older snapshot put into a newer one, for what changes slowly and is not requested each time."""

from __future__ import annotations

from collections.abc import Iterable

from kastellan.model.answer_log import AnswerLog, answers_of, renumber_answers
from kastellan.model.snapshot import Snapshot
from kastellan.model.table import Table


def reuse_tables(older: Snapshot, names: Iterable[str], answers: AnswerLog) -> dict[str, Table]:
    """These tables of an older snapshot, for a newer one that did not collect them.

    The Answers that they rest on are entered again under new ids and keep their own times: nothing looks fresher than
    it is.
    """
    tables = {name: older.tables[name] for name in sorted(names) if name in older.tables}
    used = {answer for table in tables.values() for answer in answers_of(table)}
    ids = {answer.id: answers.enter(answer) for answer in older.answers if answer.id in used}
    return {name: renumber_answers(table, ids) for name, table in tables.items()}
