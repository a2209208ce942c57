"""The tables that exist: read from the folder, there is no list to edit."""

from __future__ import annotations

from functools import cache

import kastellan.model.tables
from kastellan.kernel.folder import modules_in
from kastellan.model.table import Table


@cache
def all_tables() -> dict[str, type[Table]]:
    """Every table's class by its name."""
    found: dict[str, type[Table]] = {}
    for module in modules_in(kastellan.model.tables):
        for each in vars(module).values():
            if isinstance(each, type) and issubclass(each, Table) and each.__module__ == module.__name__:
                found[each.name] = each
    return found
