"""Ask many at once under one deadline; one that fails or hangs costs the others nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable
from typing import Final, TypeVar

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import KastellanError
from kastellan.kernel.outcome import Outcome, State, Trouble
from kastellan.wire.kafka.trouble import now_ms

P = TypeVar("P", bound=Hashable)
R = TypeVar("R")

_GRACE_S: Final = 0.5
"""How long an `ask` may still speak after the deadline: its own verdict says more than ours."""


async def fan_out(
    pieces: Iterable[P], ask: Callable[[P, Deadline], Awaitable[Outcome[R]]], deadline: Deadline, *, at_once: int = 0
) -> dict[P, Outcome[R]]:
    """The outcome of every piece, in the order of the pieces.

    All are asked at once, or `at_once` at a time. An exception in `ask` becomes a failed outcome with its reason.
    No sibling is cancelled; only an `ask` that ignores the deadline is, after it.
    """
    gate = asyncio.Semaphore(at_once) if at_once > 0 else None
    started_ms = now_ms()
    tasks = {piece: asyncio.ensure_future(_one(piece, ask, deadline, gate)) for piece in dict.fromkeys(pieces)}
    if not tasks:
        return {}
    try:
        await asyncio.wait(tasks.values(), timeout=deadline.remaining_s() + _GRACE_S)
    finally:
        late = [task for task in tasks.values() if not task.done()]
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=_GRACE_S)
    return {piece: _outcome(task, started_ms) for piece, task in tasks.items()}


async def _one(
    piece: P, ask: Callable[[P, Deadline], Awaitable[Outcome[R]]], deadline: Deadline, gate: asyncio.Semaphore | None
) -> Outcome[R]:
    if gate is None:
        return await ask(piece, deadline)
    async with gate:
        return await ask(piece, deadline)


def _outcome(task: asyncio.Future[Outcome[R]], started_ms: int) -> Outcome[R]:
    if not task.done() or task.cancelled():
        reason = "no answer before the deadline"
        return Outcome(value=None, state=State.FAILED, sent_ms=started_ms, trouble=Trouble.SLOW, reason=reason)
    error = task.exception()
    if error is None:
        return task.result()
    reason = error.message if isinstance(error, KastellanError) else f"{type(error).__name__}: {error}"
    return Outcome(value=None, state=State.FAILED, sent_ms=started_ms, reason=reason)
