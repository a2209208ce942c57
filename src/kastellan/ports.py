"""The interfaces to the outside world, one small protocol each."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from kastellan.engine.requests import TableRequests
from kastellan.kernel.deadline import Deadline
from kastellan.model.answer_log import AnswerLog
from kastellan.model.collected import Collected
from kastellan.model.probe import Step


class Source(Protocol):
    """Fills tables and says what it could not see.

    One source serves many collections: connections stay open between them. `name` stands in every Answer that the
    source enters; `tables` names those that it can fill, and it is asked for no others.
    """

    @property
    def name(self) -> str:
        """The name of the source, such as kafka."""
        ...

    @property
    def tables(self) -> frozenset[str]:
        """The names of the tables that this source can fill."""
        ...

    async def collect(self, requests: TableRequests, answers: AnswerLog, deadline: Deadline) -> Collected:
        """Fill the requested tables as far as possible before the deadline, and enter every Answer in `answers`.

        A table that is requested and could not be filled is there, empty or null, with its failed Answers. Raises
        `Unreachable` only when nothing at all answered; what else the outside world did or did not do is in the Answers.
        """
        ...

    async def close(self) -> None:
        """End all connections."""
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


class SavedSnapshot(NamedTuple):
    """A snapshot that a store holds: its time, its size, and where it is, for a person to find it."""

    at_ms: int
    size_bytes: int
    location: str


class SnapshotStore(Protocol):
    """Holds the last snapshots of each cluster, bounded in number and in bytes, and the history of its findings.

    Snapshots are bytes here: whoever reads one decides which of its tables are unpacked. Every method raises Unavailable,
    in one sentence, for whatever the store cannot do.
    """

    def clusters(self) -> tuple[str, ...]:
        """The clusters of which snapshots are saved."""
        ...

    def list_snapshots(self, cluster: str) -> tuple[SavedSnapshot, ...]:
        """The saved snapshots of a cluster, the newest first."""
        ...

    def read(self, saved: SavedSnapshot) -> bytes:
        """The bytes of a saved snapshot."""
        ...

    def findings(self, cluster: str) -> bytes | None:
        """The saved history of the cluster's findings, None where there is none."""
        ...

    def save(self, cluster: str, at_ms: int, snapshot: bytes, findings: Callable[[bytes | None], bytes]) -> None:
        """Saves a snapshot, and the history of findings that `findings` makes of the saved one; drops what is too much.

        Nobody else saves anything of this cluster between the call of `findings` and the end.
        """
        ...
