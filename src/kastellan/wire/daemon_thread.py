"""Work that may hang, on a thread that nobody waits for."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

T = TypeVar("T")


async def aside(work: Callable[[], T], name: str) -> T:
    """What the work returns or raises. It runs on a daemon thread: a name service or a KDC that hangs must not delay our exit."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(step: Callable[[], None]) -> None:
        if not future.done():
            step()

    def run() -> None:
        try:
            step = partial(future.set_result, work())
        except Exception as error:  # noqa: BLE001  # it is raised where the work is awaited
            step = partial(future.set_exception, error)
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits any more
            loop.call_soon_threadsafe(settle, step)

    threading.Thread(target=run, name=name, daemon=True).start()
    return await future
