"""Run many tasks under one deadline; one that fails or hangs costs the others nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable, Iterable
from typing import Final, TypeVar

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import KastellanError
from kastellan.kernel.outcome import Outcome, State, Trouble

P = TypeVar("P", bound=Hashable)
R = TypeVar("R")

_GRACE_S: Final = 0.5
"""How long a task may still end after the deadline: its own outcome says more than ours."""
_CANCEL_S: Final = 0.5
"""How long a cancelled task may take to end."""


async def fan_out(
    items: Iterable[P],
    run: Callable[[P, Deadline], Awaitable[Outcome[R]]],
    deadline: Deadline,
    *,
    at_once: int = 0,
    grace_s: float = _GRACE_S,
) -> dict[P, Outcome[R]]:
    """The outcome of every item, in the order of the items.

    All run at once, or `at_once` at a time. An exception in `run` becomes a failed outcome: the message of a
    KastellanError, of every other only its type, because its text may hold data. No sibling is cancelled; only a task
    that still runs `grace_s` after the deadline is.
    """
    gate = asyncio.Semaphore(at_once) if at_once > 0 else None
    started_ms = time.time_ns() // 1_000_000
    tasks = {item: asyncio.ensure_future(_run_one(item, run, deadline, gate)) for item in dict.fromkeys(items)}
    if not tasks:
        return {}
    try:
        await asyncio.wait(tasks.values(), timeout=deadline.remaining_s() + grace_s)
    finally:
        late = [task for task in tasks.values() if not task.done()]
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=_CANCEL_S)
    return {item: _outcome(task, started_ms) for item, task in tasks.items()}


async def _run_one(
    item: P, run: Callable[[P, Deadline], Awaitable[Outcome[R]]], deadline: Deadline, gate: asyncio.Semaphore | None
) -> Outcome[R]:
    if gate is None:
        return await run(item, deadline)
    async with gate:
        return await run(item, deadline)


def _outcome(task: asyncio.Future[Outcome[R]], started_ms: int) -> Outcome[R]:
    if not task.done() or task.cancelled():
        reason = "no answer before the deadline"
        return Outcome(value=None, state=State.FAILED, sent_ms=started_ms, trouble=Trouble.SLOW, reason=reason)
    error = task.exception()
    if error is None:
        return task.result()
    return Outcome(value=None, state=State.FAILED, sent_ms=started_ms, reason=reason_of(error))


def reason_of(error: BaseException) -> str:
    """What may be shown of an exception: the message of our own errors, of others their type alone."""
    return error.message if isinstance(error, KastellanError) else type(error).__name__
