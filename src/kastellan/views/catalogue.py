"""The views that exist: read from the folder, there is no list to edit."""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any, get_type_hints

import kastellan.views
from kastellan.engine.needs import Views
from kastellan.kernel.errors import Defect
from kastellan.kernel.folder import modules_in
from kastellan.model.table import Table
from kastellan.reference.releases import ReleaseData


def all_views(releases: ReleaseData | None = None) -> Views:
    """Every view; some ask for release data, and raise Defect where none is handed in."""
    return Views(_functions(), releases)


@cache
def _functions() -> dict[type[Table], Any]:
    """Each view's frame class with the function that makes it."""
    views: dict[type[Table], Any] = {}
    for module in modules_in(kastellan.views):
        if module.__name__ == __name__:
            continue
        makers = [
            (function, get_type_hints(function)["return"])
            for name, function in vars(module).items()
            if inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_")
        ]
        if len(makers) != 1:
            msg = f"{module.__name__} has {len(makers)} public functions; a view's file has one"
            raise Defect(msg)
        maker, frame = makers[0]
        views[frame] = maker
    return views
