"""Look once at a cluster."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager

from kastellan.engine.needs import Wanted
from kastellan.kernel.deadline import Deadline
from kastellan.model.snapshot import Snapshot
from kastellan.ports import Source


@contextmanager
def held_gc() -> Generator[None]:
    """No cyclic garbage collection meanwhile.

    A large decode makes millions of objects that all live on; going over them again and again costs half of the CPU.
    """
    was_on = gc.isenabled()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        if was_on:
            gc.enable()


async def observe(source: Source, wanted: Wanted, deadline: Deadline) -> Snapshot:
    """One look. Raises Unreachable when nothing at all answered."""
    with held_gc():
        return await source.look(wanted, deadline)
