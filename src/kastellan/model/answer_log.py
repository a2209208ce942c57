"""The Answers of one collection, entered by all its sources."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any, cast

import msgspec
import polars as pl

from kastellan.kernel.outcome import State, Trouble
from kastellan.model.answer import Answer
from kastellan.model.table import Frame, Rows, Table, Unseen


class AnswerLog:
    """Gives every Answer an id that is unique in the collection, whichever source enters it.

    Sources enter Answers from the event loop and from threads that decode large replies.
    """

    def __init__(self) -> None:
        self._answers: dict[int, Answer] = {}
        self._parts: dict[tuple[int, State, str], int] = {}
        self._last_id = 0
        self._lock = threading.RLock()

    @property
    def answers(self) -> tuple[Answer, ...]:
        """All of them, in the order of their ids."""
        return tuple(self._answers.values())

    def __getitem__(self, answer: int) -> Answer:
        return self._answers[answer]

    def enter(self, answer: Answer) -> int:
        """Enter an Answer under the next id, whatever its own is; returns the id."""
        with self._lock:
            self._last_id += 1
            self._answers[self._last_id] = msgspec.structs.replace(answer, id=self._last_id)
            return self._last_id

    def enter_part(self, answer: int, state: State, reason: str, trouble: Trouble | None) -> int:
        """Enter a piece of an Answer that is not as good as the rest; the same piece of the same Answer is entered once."""
        key = (answer, state, reason)
        with self._lock:
            if key not in self._parts:
                part = msgspec.structs.replace(self[answer], state=state, reason=reason, trouble=trouble)
                self._parts[key] = self.enter(part)
            return self._parts[key]

    def grade(self, answer: int, state: State, reason: str) -> None:
        """Lower an Answer that arrived to what it is worth (visible-only, partial)."""
        self._answers[answer] = msgspec.structs.replace(self[answer], state=state, reason=reason)

    def withdraw(self, answers: Iterable[int]) -> None:
        """Remove Answers on which no table rests, because all was asked again; their ids are not used again."""
        with self._lock:
            for answer in answers:
                del self._answers[answer]


def answers_of(table: Table) -> set[int]:
    """The ids of the Answers that a table names."""
    return {*table.df["answer"].drop_nulls().unique(), *(part.answer for part in table.unseen)}


def renumber_answers(table: Table, ids: dict[int, int]) -> Table:
    """The table with its Answers under other ids, for tables that come from another log."""
    frame = table.df
    if ids:
        frame = frame.with_columns(pl.col("answer").replace_strict(ids, default=None, return_dtype=table.schema()["answer"]))
    unseen = tuple(Unseen(ids[part.answer], part.roster) for part in table.unseen)
    kind: type[Table] = type(table)
    if issubclass(kind, Rows):
        return cast("type[Rows[Any]]", kind).from_df(frame, unseen)
    return cast("type[Frame]", kind)(frame, unseen)
