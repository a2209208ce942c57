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

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.outcome import Outcome
from kastellan.wire.kafka.client import Cluster, FailedAttempt, Target
from kastellan.wire.kafka.reply import Reply
from kastellan.wire.kafka.requests import RequestSpec

Take = Callable[[int, Outcome[Reply]], Awaitable[None]]
"""What is done with the outcome of the question at a place."""


async def ask_each(
    cluster: Cluster,
    asks: Sequence[tuple[Target, RequestSpec, bytes | None]],
    deadline: Deadline,
    take: Take,
    *,
    lane: str = "main",
) -> None:
    """Hands every outcome to `take`, one at a time in the order in which they come; see `Cluster.ask`.

    The third part of each is the answer of an earlier time, where one is known: see `Connection.begin`.
    """
    asking = _Asking(cluster, asks, deadline, lane)
    try:
        for place in range(len(asks)):
            asking.begin(place)
        for _ in asks:
            await take(*await asking.next())
    finally:
        await asking.leave()


class _Asking:
    def __init__(
        self, cluster: Cluster, asks: Sequence[tuple[Target, RequestSpec, bytes | None]], deadline: Deadline, lane: str
    ) -> None:
        self._cluster = cluster
        self._asks = asks
        self._deadline = deadline
        self._lane = lane
        self._came: deque[tuple[int, Outcome[Reply]]] = deque()
        self._bell: asyncio.Future[None] | None = None
        self._leave: dict[int, Callable[[], None]] = {}
        self._tasks: set[asyncio.Task[Outcome[Reply]]] = set()
        self._broken: BaseException | None = None

    def begin(self, place: int) -> None:
        target, request, known = self._asks[place]
        tell = partial(self._told, place)
        leave = self._cluster.begin(target, request, self._deadline, tell, lane=self._lane, known=known)
        if leave is None:
            self._slowly(place, None)
        else:
            self._leave[place] = leave

    async def next(self) -> tuple[int, Outcome[Reply]]:
        if not self._came:
            self._bell = asyncio.get_running_loop().create_future()
            await self._bell
        if self._broken is not None:
            raise self._broken
        return self._came.popleft()

    async def leave(self) -> None:
        for leave in self._leave.values():
            leave()
        self._leave.clear()  # each of them leads back here, and a look holds garbage collection off
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _told(self, place: int, told: Outcome[Reply] | FailedAttempt) -> None:
        self._leave.pop(place, None)
        if isinstance(told, FailedAttempt):
            self._slowly(place, told)
        else:
            self._came.append((place, told))
            self._ring()

    def _slowly(self, place: int, after: FailedAttempt | None) -> None:
        target, request, _ = self._asks[place]
        task = asyncio.create_task(self._cluster.ask(target, request, self._deadline, lane=self._lane, after=after))
        self._tasks.add(task)
        task.add_done_callback(lambda task: self._done(place, task))

    def _done(self, place: int, task: asyncio.Task[Outcome[Reply]]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        self._broken = self._broken or task.exception()
        if self._broken is None:
            self._told(place, task.result())
        else:
            self._ring()

    def _ring(self) -> None:
        if self._bell is not None and not self._bell.done():
            self._bell.set_result(None)
