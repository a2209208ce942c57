"""Work on a thread of its own: its value, its error, and nobody waits for it who has given up."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from kastellan.wire.daemon_thread import aside


def test_what_the_work_returns_or_raises_is_told():
    assert asyncio.run(aside(lambda: 7, "work")) == 7

    def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        asyncio.run(aside(fail, "work"))


def test_work_that_hangs_delays_neither_who_has_given_up_nor_the_end():
    let_go = threading.Event()

    async def impatient() -> None:
        async with asyncio.timeout(0.05):
            await aside(lambda: let_go.wait(60), "work")

    began = time.monotonic()
    with pytest.raises(TimeoutError):
        asyncio.run(impatient())
    took_s = time.monotonic() - began
    hanging = [each for each in threading.enumerate() if each.name == "work"]
    assert [each.daemon for each in hanging] == [True]
    let_go.set()  # it ends after its loop was closed, which is nobody's concern
    hanging[0].join(30)
    assert took_s < 30
