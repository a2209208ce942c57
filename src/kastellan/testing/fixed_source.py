"""A source that answers from memory: for authors of sources and for tests of what several sources give together."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from kastellan.engine.requests import TableRequests, tables_of
from kastellan.kernel.deadline import Deadline
from kastellan.model.answer_log import AnswerLog, answers_of, renumber_answers
from kastellan.model.catalogue import all_tables
from kastellan.model.collected import Collected
from kastellan.model.snapshot import Snapshot


class FixedSource:
    """Fills tables from the snapshots that a function gives, as if they had just been collected.

    Its Answers are entered in the log of the collection under new ids, in the name of this source. `tables` narrows
    what it can fill; `requested` records the tables of each collection.
    """

    def __init__(
        self,
        snapshot: Snapshot | Callable[[TableRequests], Snapshot],
        *,
        name: str = "fixed",
        tables: frozenset[str] | None = None,
    ) -> None:
        self._snapshot = snapshot
        self._name = name
        self._tables = frozenset(all_tables()) if tables is None else tables
        self.requested: list[frozenset[str]] = []
        self.closed = False

    @property
    def name(self) -> str:
        """The name that stands in its Answers."""
        return self._name

    @property
    def tables(self) -> frozenset[str]:
        """The tables that it can fill."""
        return self._tables

    async def collect(self, requests: TableRequests, answers: AnswerLog, deadline: Deadline) -> Collected:  # noqa: ARG002  (protocol)
        """The requested tables of the snapshot. Raises what the function raises."""
        self.requested.append(tables_of(requests))
        snapshot = self._snapshot if isinstance(self._snapshot, Snapshot) else self._snapshot(requests)
        tables = {name: table for name, table in snapshot.tables.items() if name in tables_of(requests) & self._tables}
        used = {answer for table in tables.values() for answer in answers_of(table)}
        fills_all = self._tables == frozenset(all_tables())
        ids = {
            answer.id: answers.enter(msgspec.structs.replace(answer, source=self._name))
            for answer in snapshot.answers
            if fills_all or answer.id in used
        }
        return Collected(
            tables={name: renumber_answers(table, ids) for name, table in tables.items()},
            cost=snapshot.cost,
            cluster_id=snapshot.cluster_id,
            vantage=snapshot.vantage if snapshot.vantage.bootstrap else None,
            at_ms=snapshot.at_ms,
        )

    async def close(self) -> None:
        """Nothing is open."""
        self.closed = True
