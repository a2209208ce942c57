"""Table requests: what a source is asked to fill, derived from the needs of checks, views and lists."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TypeAlias

import msgspec

from kastellan.engine.needs import Views, needs_of
from kastellan.model.table import Table


class TableRequest(msgspec.Struct, frozen=True):
    """One table that is wanted, and how much of it.

    `keys` are the keys of a config table (`ALL` stands for every one). `members` narrows the request to these members of
    the table's roster (topics, groups); none means as many as the source fills without being given names. `window_s` is
    the stretch of time that a table of samples covers; None means the present state. A table may be requested
    several times, each time for other members.
    """

    table: str
    keys: frozenset[str] = frozenset()
    members: frozenset[str] = frozenset()
    window_s: float | None = None


TableRequests: TypeAlias = tuple[TableRequest, ...]


def request_tables(*names: str) -> TableRequests:
    """Requests for these tables, as they are filled without keys and members."""
    return merge_requests(TableRequest(name) for name in names)


def requests_of(functions: Iterable[Callable[..., object]], views: Views) -> TableRequests:
    """Requests for the tables and config keys that these functions need, through views."""
    todo, visited = list(functions), set[Callable[..., object]]()
    requests = list[TableRequest]()
    while todo:
        function = todo.pop()
        if function in visited:
            continue
        visited.add(function)
        for need in needs_of(function):
            wanted = need.wanted
            if not issubclass(wanted, Table):
                continue
            if wanted in views:
                todo.append(views[wanted])
            else:
                requests.append(TableRequest(wanted.name, frozenset(need.keys.names(views) if need.keys else ())))
    return merge_requests(requests)


def merge_requests(*groups: Iterable[TableRequest]) -> TableRequests:
    """All requests, those for the same members and window of a table as one, in the order of their tables."""
    keys: dict[tuple[str, tuple[str, ...], float], TableRequest] = {}
    for group in groups:
        for request in group:
            place = (request.table, tuple(sorted(request.members)), request.window_s or 0.0)
            before = keys.get(place)
            merged = request if before is None else msgspec.structs.replace(request, keys=before.keys | request.keys)
            keys[place] = merged
    return tuple(keys[place] for place in sorted(keys))


def tables_of(requests: Iterable[TableRequest]) -> frozenset[str]:
    """The names of the tables that are requested."""
    return frozenset(request.table for request in requests)


def keys_of(requests: Iterable[TableRequest], table: str) -> frozenset[str]:
    """The keys that are requested of all members of a table."""
    return frozenset(key for request in requests if request.table == table and not request.members for key in request.keys)


def members_of(requests: Iterable[TableRequest], table: str) -> frozenset[str]:
    """The members of a table that are requested by name."""
    return frozenset(member for request in requests if request.table == table for member in request.members)


def without_tables(requests: Iterable[TableRequest], tables: Collection[str]) -> TableRequests:
    """The requests for other tables than these."""
    return tuple(request for request in requests if request.table not in tables)


def narrow_requests(requests: Iterable[TableRequest], table: str, members: Iterable[str]) -> TableRequests:
    """The requests in which a table is requested for these members only."""
    names = frozenset(members)
    return merge_requests(
        msgspec.structs.replace(request, members=names) if request.table == table else request for request in requests
    )
