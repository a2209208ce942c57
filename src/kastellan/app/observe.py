"""Collect once from all sources: one answer log, one deadline, one snapshot."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Final

import msgspec

from kastellan.engine.requests import TableRequests
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import Unreachable
from kastellan.kernel.fan_out import fan_out, reason_of
from kastellan.kernel.logs import EventLog
from kastellan.kernel.outcome import Outcome, State
from kastellan.model.answer import Answer, Peer
from kastellan.model.answer_log import AnswerLog
from kastellan.model.catalogue import all_tables
from kastellan.model.collected import Collected, join_tables
from kastellan.model.snapshot import Snapshot, Vantage, sum_costs
from kastellan.model.table import Table, Unseen
from kastellan.ports import Source

_LOG = EventLog(__name__)
COLLECT: Final = "Collect"
"""What the Answer of a whole source is about."""
_GRACE_S: Final = 10.0
"""How long a source may work on after the deadline: it decodes what arrived in time."""


class _GcGuard:
    """Counts who holds the garbage collection of this process: the first one stops it, the last one starts it again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holders = 0
        self._was_on = False

    def hold(self) -> None:
        with self._lock:
            if not self._holders:
                self._was_on = gc.isenabled()
                gc.freeze()
                gc.disable()
            self._holders += 1

    def release(self) -> None:
        with self._lock:
            self._holders -= 1
            if not self._holders:
                gc.unfreeze()
                if self._was_on:
                    gc.enable()


_GUARD = _GcGuard()


@contextmanager
def held_gc() -> Generator[None]:
    """No cyclic garbage collection meanwhile, in the whole process; may be nested, and used by several threads.

    A large decode makes millions of objects that all live on; going over them again and again costs half of the CPU.
    """
    _GUARD.hold()
    try:
        yield
    finally:
        _GUARD.release()


async def observe(
    sources: Source | Sequence[Source], requests: TableRequests, deadline: Deadline, *, grace_s: float = _GRACE_S
) -> Snapshot:
    """One snapshot of what all sources filled.

    A source that raises, or that still works `grace_s` after the deadline, leaves a failed Answer and its requested
    tables unseen; the others lose nothing. Raises what the only source raised, and Unreachable when none of several
    sources filled anything.
    """
    named = list(sources) if isinstance(sources, Sequence) else [sources]
    asked_for = [source for source in named if _requests_for(source, requests)]
    with held_gc():
        snapshot = await _collect_all(asked_for or named[:1], requests, deadline, grace_s)
    cost = snapshot.cost
    _LOG.info(
        "snapshot collected",
        cluster=snapshot.cluster_id,
        requests=cost.requests,
        received_bytes=cost.received_bytes,
        took_ms=cost.wall_ms,
    )
    for answer in snapshot.incomplete_answers:
        _LOG.debug("answer incomplete", cluster=snapshot.cluster_id, answer=answer.sentence())
    return snapshot


async def _collect_all(sources: list[Source], requests: TableRequests, deadline: Deadline, grace_s: float) -> Snapshot:
    answers, started_s = AnswerLog(), time.monotonic()
    errors: dict[int, Exception] = {}

    async def collect(place: int, deadline: Deadline) -> Outcome[Collected]:
        sent_ms = time.time_ns() // 1_000_000
        try:
            collected = await sources[place].collect(_requests_for(sources[place], requests), answers, deadline)
        except Exception as error:  # noqa: BLE001  (whatever a source raises, the others are kept)
            errors[place] = error
            return Outcome(value=None, state=State.FAILED, sent_ms=sent_ms, reason=reason_of(error))
        return Outcome(value=collected, state=State.COMPLETE, sent_ms=sent_ms)

    outcomes = await fan_out(range(len(sources)), collect, deadline, grace_s=grace_s)
    parts = [outcome.value for outcome in outcomes.values() if outcome.value is not None]
    if not parts:
        raise _nothing_collected(sources, outcomes, errors)
    unseen = [
        _unseen_tables(sources[place], requests, answers, outcome) for place, outcome in outcomes.items() if outcome.value is None
    ]
    costs = sum_costs(part.cost for part in parts)
    return Snapshot(
        at_ms=_moment_ms(parts),
        cluster_id=next((part.cluster_id for part in parts if part.cluster_id is not None), None),
        vantage=next((part.vantage for part in parts if part.vantage is not None), Vantage()),
        tables=join_tables([*(part.tables for part in parts), *unseen]),
        answers=answers.answers,
        cost=msgspec.structs.replace(costs, wall_ms=round((time.monotonic() - started_s) * 1000)),
    )


def _moment_ms(parts: Sequence[Collected]) -> int:
    """Now, or the newest moment where every source replayed one."""
    now_ms = time.time_ns() // 1_000_000
    return max(now_ms if part.at_ms is None else part.at_ms for part in parts)


def _requests_for(source: Source, requests: TableRequests) -> TableRequests:
    tables = source.tables
    return tuple(request for request in requests if request.table in tables)


def _unseen_tables(source: Source, requests: TableRequests, answers: AnswerLog, outcome: Outcome[Collected]) -> dict[str, Table]:
    """The tables that a failed source was asked for, without rows, under the Answer that says why."""
    answer = answers.enter(
        Answer(
            id=0,
            source=source.name,
            request=COLLECT,
            peer=Peer("source", source.name),
            state=outcome.state,
            sent_ms=outcome.sent_ms,
            trouble=outcome.trouble,
            reason=outcome.reason,
        )
    )
    kinds = [all_tables()[request.table] for request in _requests_for(source, requests)]
    return {kind.name: kind.empty().with_unseen((Unseen(answer, kind.roster),)) for kind in kinds}


def _nothing_collected(
    sources: Sequence[Source], outcomes: dict[int, Outcome[Collected]], errors: dict[int, Exception]
) -> Exception:
    if len(sources) == 1 and errors:
        return errors[0]
    return Unreachable("; ".join(f"{sources[place].name}: {outcome.reason}" for place, outcome in outcomes.items()))
