"""The Answers of one look, as they come in."""

from __future__ import annotations

import threading
from typing import Any, Final

import msgspec

from kastellan.kernel.outcome import Outcome, State, Trouble
from kastellan.model.answer import Answer
from kastellan.sources.kafka.codes import error_name
from kastellan.wire.kafka.codes import state_of_code

SOURCE: Final = "kafka"


class AnswerLog:
    """Numbers the Answers of a look and keeps one for each distinct piece of news."""

    def __init__(self) -> None:
        self._answers: list[Answer] = []
        self._parts: dict[tuple[int, State, str], int] = {}
        # Large answers are turned into tables in threads, which enter refusals.
        self._lock = threading.RLock()

    @property
    def answers(self) -> tuple[Answer, ...]:
        """All of them, in the order of their ids."""
        return tuple(self._answers)

    def __getitem__(self, answer: int) -> Answer:
        return self._answers[answer - 1]

    def note(self, outcome: Outcome[Any], asked: str, of: str) -> int:
        """Enters what came of a question."""
        with self._lock:
            entered = Answer(
                id=len(self._answers) + 1,
                source=SOURCE,
                asked=asked,
                of=of,
                state=outcome.state,
                sent_ms=outcome.sent_ms,
                arrived_ms=outcome.arrived_ms,
                trouble=outcome.trouble,
                reason=outcome.sentence,
                throttle_ms=outcome.throttle_ms,
            )
            self._answers.append(entered)
            return entered.id

    def missing(self, asked: str, of: str, reason: str, at_ms: int, state: State = State.NOT_COLLECTED) -> int:
        """Enters that something was not asked at all, and why."""
        return self._enter(Answer(id=0, source=SOURCE, asked=asked, of=of, state=state, sent_ms=at_ms, reason=reason))

    def part(self, whole: int, state: State, reason: str, trouble: Trouble | None = Trouble.REJECTED) -> int:
        """A piece of an answer that is not as good as the rest; the same news of the same answer is entered once."""
        key = (whole, state, reason)
        with self._lock:
            if key not in self._parts:
                self._parts[key] = self._enter(msgspec.structs.replace(self[whole], state=state, reason=reason, trouble=trouble))
            return self._parts[key]

    def refused(self, whole: int, code: int, message: str | None = None) -> int:
        """A piece of an answer that is an error code."""
        told = error_name(code) or "no error"
        return self.part(whole, state_of_code(code), f"{told}: {message}" if message else told)

    def grade(self, answer: int, state: State, reason: str) -> None:
        """Lowers an answer that came to what it really is (visible-only, partial)."""
        self._answers[answer - 1] = msgspec.structs.replace(self[answer], state=state, reason=reason)

    def _enter(self, answer: Answer) -> int:
        with self._lock:
            entered = msgspec.structs.replace(answer, id=len(self._answers) + 1)
            self._answers.append(entered)
            return entered.id
