"""The tables that exist: read from the folder, there is no list to edit."""

from __future__ import annotations

from functools import cache

import kastellan.model.tables
from kastellan.kernel.folder import modules_in
from kastellan.model.table import Table


@cache
def all_tables() -> dict[str, type[Table]]:
    """Every table's class by its name."""
    tables: dict[str, type[Table]] = {}
    for module in modules_in(kastellan.model.tables):
        for member in vars(module).values():
            if isinstance(member, type) and issubclass(member, Table) and member.__module__ == module.__name__:
                tables[member.name] = member
    return tables


@cache
def enumerating_tables() -> dict[str, str]:
    """By kind of subject, the name of the table that lists its members."""
    return {kind.enumerates: name for name, kind in all_tables().items() if kind.enumerates}


@cache
def roster_tables() -> dict[str, str]:
    """By roster column, the table that lists its members: the one with the shortest key."""
    shortest = sorted(all_tables().values(), key=lambda kind: -len(kind.key))
    return {kind.roster: kind.name for kind in shortest}


@cache
def name_columns() -> dict[str, str]:
    """By every word for a table, the column in which the names stand that people add to the word."""
    return {
        word: kind.listing.name_column or kind.roster
        for name, kind in all_tables().items()
        for word in (name.replace("_", "-"), *kind.listing.aliases)
    }


@cache
def slow_tables() -> frozenset[str]:
    """The tables that change slowly or cost the cluster much, by name: they have a refresh period."""
    return frozenset(name for name, kind in all_tables().items() if kind.collection.refresh_s)


@cache
def on_demand_tables() -> frozenset[str]:
    """The tables that cost more than a snapshot, or need the right to read: a person asks a live cluster for them."""
    return frozenset(name for name, kind in all_tables().items() if kind.collection.on_demand)


@cache
def spare_tables() -> tuple[str, ...]:
    """The tables that a bundle which is too large leaves out, in this order."""
    ranked = sorted((kind.collection.spare_rank, name) for name, kind in all_tables().items() if kind.collection.spare_rank)
    return tuple(name for _, name in ranked)


@cache
def enumerating_requests() -> dict[str, str]:
    """By roster column, the request that lists its members."""
    return {kind.roster: kind.collection.enumerated_by for kind in all_tables().values() if kind.collection.enumerated_by}


def own_requests(kind: type[Table]) -> frozenset[str]:
    """The requests that fill this table and no other: where it has no rows, their Answers say why."""
    others = (other.collection.requests for other in all_tables().values() if other is not kind)
    return frozenset(kind.collection.requests).difference(*others)
