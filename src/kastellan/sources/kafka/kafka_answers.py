"""The Answers of the Kafka source: wire outcomes and error codes as entries of the answer log."""

from __future__ import annotations

import time
from typing import Any, Final

from kastellan.kernel.outcome import Outcome, State, Trouble
from kastellan.model.answer import Answer, Peer
from kastellan.model.answer_log import AnswerLog
from kastellan.sources.kafka.codes import error_name
from kastellan.wire.kafka.codes import state_of_code

SOURCE: Final = "kafka"


class KafkaAnswers:
    """Enters what came of the requests of one collection, and knows which entries are its own."""

    def __init__(self, log: AnswerLog) -> None:
        self._log = log
        self._ids: set[int] = set()

    def __getitem__(self, answer: int) -> Answer:
        return self._log[answer]

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The entries of this source, in the order of their ids."""
        return tuple(self._log[answer] for answer in sorted(self._ids))

    def enter(self, outcome: Outcome[Any], request: str, peer: Peer) -> int:
        """Enter what came of a request."""
        return self._enter(
            Answer(
                id=0,
                source=SOURCE,
                request=request,
                peer=peer,
                state=outcome.state,
                sent_ms=outcome.sent_ms,
                arrived_ms=outcome.arrived_ms,
                trouble=outcome.trouble,
                reason=outcome.sentence,
                throttle_ms=outcome.throttle_ms,
            )
        )

    def enter_unsent(
        self, request: str, peer: Peer, reason: str, state: State = State.FAILED, trouble: Trouble | None = None
    ) -> int:
        """Enter what was not requested, or not to an end, and why."""
        now_ms = time.time_ns() // 1_000_000
        return self._enter(
            Answer(id=0, source=SOURCE, request=request, peer=peer, state=state, sent_ms=now_ms, trouble=trouble, reason=reason)
        )

    def enter_part(self, answer: int, state: State, reason: str, trouble: Trouble | None = Trouble.REJECTED) -> int:
        """Enter a piece of an Answer that is not as good as the rest; the same piece of the same Answer is entered once."""
        part = self._log.enter_part(answer, state, reason, trouble)
        self._ids.add(part)
        return part

    def enter_refusal(self, answer: int, code: int, message: str | None = None) -> int:
        """Enter a piece of an Answer that is an error code, with the broker's words."""
        name = error_name(code) or "no error"
        return self.enter_part(answer, state_of_code(code), f"{name}: {message}" if message else name)

    def grade(self, answer: int, state: State, reason: str) -> None:
        """Lower an Answer that arrived to what it is worth (visible-only, partial)."""
        self._log.grade(answer, state, reason)

    def withdraw(self) -> None:
        """Remove all entries of this collection: everything is asked again."""
        self._log.withdraw(self._ids)
        self._ids.clear()

    def _enter(self, answer: Answer) -> int:
        entered = self._log.enter(answer)
        self._ids.add(entered)
        return entered
