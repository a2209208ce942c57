"""Ask many questions of a cluster at once, without a task for each.

A task, its first step and its wake-ups cost more than a small answer. What can go out at once goes out at once, and whoever
waits is woken once for all answers that came meanwhile; only what must be waited for first (a connection that is dialled,
a quota, a second try) has a task of its own.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeAlias

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.outcome import Outcome
from kastellan.wire.kafka.attempts import FailedAttempt
from kastellan.wire.kafka.client import Cluster, Target
from kastellan.wire.kafka.reply import Reply
from kastellan.wire.kafka.requests import RequestSpec

Question: TypeAlias = tuple[Target, RequestSpec, bytes | None, Deadline]
"""Who is asked what, the bytes of an earlier answer where there are any (see `Connection.begin`), and until when."""

Take: TypeAlias = Callable[[int, Outcome[Reply]], Awaitable[None]]
"""What is done with the outcome of the question at a place."""


async def ask_each(cluster: Cluster, questions: Sequence[Question], take: Take, *, channel: str = "main") -> None:
    """Hand every outcome to `take`, one at a time in the order in which they come; see `Cluster.ask`."""
    batch = _Batch(cluster, questions, channel)
    try:
        for place in range(len(questions)):
            batch.begin(place)
        for _ in questions:
            await take(*await batch.next())
    finally:
        await batch.abandon()


class _Batch:
    def __init__(self, cluster: Cluster, questions: Sequence[Question], channel: str) -> None:
        self._cluster = cluster
        self._questions = questions
        self._channel = channel
        self._outcomes: deque[tuple[int, Outcome[Reply]]] = deque()
        self._bell: asyncio.Future[None] | None = None
        self._abandon: dict[int, Callable[[], None]] = {}
        self._tasks: set[asyncio.Task[Outcome[Reply]]] = set()
        self._error: BaseException | None = None

    def begin(self, place: int) -> None:
        target, spec, earlier, deadline = self._questions[place]
        settle = partial(self._settle, place)
        abandon = self._cluster.begin(target, spec, deadline, settle, channel=self._channel, earlier=earlier)
        if abandon is None:
            self._ask_in_task(place, None)
        else:
            self._abandon[place] = abandon

    async def next(self) -> tuple[int, Outcome[Reply]]:
        if not self._outcomes:
            self._bell = asyncio.get_running_loop().create_future()
            await self._bell
        if self._error is not None:
            raise self._error
        return self._outcomes.popleft()

    async def abandon(self) -> None:
        for abandon in self._abandon.values():
            abandon()
        self._abandon.clear()  # they lead back here, and a collection holds garbage collection off
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _settle(self, place: int, result: Outcome[Reply] | FailedAttempt) -> None:
        self._abandon.pop(place, None)
        if isinstance(result, FailedAttempt):
            self._ask_in_task(place, result)
        else:
            self._outcomes.append((place, result))
            self._ring()

    def _ask_in_task(self, place: int, after: FailedAttempt | None) -> None:
        target, spec, _, deadline = self._questions[place]
        task = asyncio.create_task(self._cluster.ask(target, spec, deadline, channel=self._channel, after=after))
        self._tasks.add(task)
        task.add_done_callback(lambda task: self._end(place, task))

    def _end(self, place: int, task: asyncio.Task[Outcome[Reply]]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        self._error = self._error or task.exception()
        if self._error is None:
            self._settle(place, task.result())
        else:
            self._ring()

    def _ring(self) -> None:
        if self._bell is not None and not self._bell.done():
            self._bell.set_result(None)
