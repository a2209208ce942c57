"""The doors to the outside world, one small protocol each."""

from __future__ import annotations

from typing import Protocol

from kastellan.engine.needs import Wanted
from kastellan.kernel.deadline import Deadline
from kastellan.model.probe import Step
from kastellan.model.snapshot import Snapshot


class Source(Protocol):
    """Fills tables and says what it could not see.

    One source serves many looks: connections stay open between them. `look` never raises for what the outside world
    did or did not do: that is in the Answers; it raises `Unreachable` only when nothing at all answered.
    """

    async def look(self, wanted: Wanted, deadline: Deadline) -> Snapshot:
        """One look that fills the wanted tables as far as it can before the deadline."""
        ...

    async def close(self) -> None:
        """Ends all connections."""
        ...


class Prober(Protocol):
    """Examines the way to a cluster, layer by layer."""

    @property
    def principal(self) -> str:
        """Who we are, as far as it is known from here."""
        ...

    async def run(self, deadline: Deadline) -> tuple[Step, ...]:
        """All steps; never raises for what the outside world did or did not do."""
        ...
