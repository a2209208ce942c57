"""Frozen tables of one moment, with the earlier snapshots that checks compare with."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import TypeVar, cast

import msgspec

from kastellan.kernel.outcome import State
from kastellan.model.answer import Answer
from kastellan.model.table import Table
from kastellan.reference.providers import Provider

T = TypeVar("T", bound=Table)


class Supplied:
    """A value that a function gets from its caller and not from a snapshot; a parameter of such a type is no need."""


class Moment(msgspec.Struct, frozen=True):
    """When a snapshot was taken, on our clock; a check that needs the time asks for it by this type."""

    at_ms: int


class Vantage(msgspec.Struct, frozen=True, kw_only=True):
    """From which host, as which principal and through which address the cluster was observed."""

    host: str = ""
    principal: str = "User:ANONYMOUS"
    bootstrap: str = ""


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What collecting cost the cluster, and how long it took.

    `broker_ms` sums, over all requests, the time from sending to the arrival of the answer: an upper bound of the
    brokers' work.
    """

    requests: int = 0
    sent_bytes: int = 0
    received_bytes: int = 0
    broker_ms: int = 0
    wall_ms: int = 0
    by_request: dict[str, int] = {}


def sum_costs(costs: Iterable[Cost]) -> Cost:
    """The sum of the costs of several collections."""
    total = Cost()
    for cost in costs:
        names = total.by_request | cost.by_request
        total = Cost(
            requests=total.requests + cost.requests,
            sent_bytes=total.sent_bytes + cost.sent_bytes,
            received_bytes=total.received_bytes + cost.received_bytes,
            broker_ms=total.broker_ms + cost.broker_ms,
            wall_ms=total.wall_ms + cost.wall_ms,
            by_request={name: total.by_request.get(name, 0) + cost.by_request.get(name, 0) for name in names},
        )
    return total


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one collection saw of one cluster.

    A table that was not requested is not in `tables`; one that was requested and could not be read is there, empty or
    null, with its failed Answers.
    """

    at_ms: int
    cluster_id: str | None = None
    vantage: Vantage = Vantage()
    answers: tuple[Answer, ...] = ()
    tables: Mapping[str, Table] = {}
    earlier: tuple[Snapshot, ...] = ()
    cost: Cost = Cost()
    provider: Provider | None = None
    """Who runs the cluster, where that was settled before: names that would show it may be gone."""

    def table(self, kind: type[T]) -> T | None:
        """The table of this class, or None when it was not collected."""
        return cast("T | None", self.tables.get(kind.name))

    def look_before(self, min_s: float) -> Snapshot | None:
        """The latest earlier snapshot that is at least `min_s` seconds older, or None."""
        ripe = [look for look in self.earlier if self.at_ms - look.at_ms >= min_s * 1000]
        return max(ripe, key=lambda look: look.at_ms, default=None)

    def after(self, *looks: Snapshot) -> Snapshot:
        """The same snapshot with these earlier ones of the same cluster, whose own earlier snapshots are dropped."""
        kept = tuple(msgspec.structs.replace(look, earlier=()) for look in looks if look.cluster_id == self.cluster_id)
        return msgspec.structs.replace(self, earlier=kept)

    def select(self, tables: Container[str]) -> Snapshot:
        """The same snapshot with these tables only, without earlier snapshots."""
        return msgspec.structs.replace(
            self, tables={name: table for name, table in self.tables.items() if name in tables}, earlier=()
        )

    def of_provider(self, provider: Provider | None) -> Snapshot:
        """The same snapshot with its provider set; None changes nothing."""
        return self if provider is None else msgspec.structs.replace(self, provider=provider)

    def with_table(self, table: Table) -> Snapshot:
        """The same snapshot with one table added or replaced."""
        return msgspec.structs.replace(self, tables={**self.tables, table.name: table})

    @property
    def incomplete_answers(self) -> tuple[Answer, ...]:
        """The Answers that are not complete."""
        return tuple(answer for answer in self.answers if answer.state is not State.COMPLETE)
