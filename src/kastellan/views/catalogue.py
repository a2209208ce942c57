"""The views that exist: read from the folder, there is no list to edit."""

from __future__ import annotations

import inspect
from functools import cache
from types import MappingProxyType
from typing import get_type_hints

import kastellan.views
from kastellan.engine.needs import Views
from kastellan.kernel.errors import Defect
from kastellan.kernel.folder import modules_in
from kastellan.model.table import Table


@cache
def all_views() -> Views:
    """Each view's frame class with the function that makes it."""
    found: dict[type[Table], object] = {}
    for module in modules_in(kastellan.views):
        if module.__name__ == __name__:
            continue
        makers = [
            (each, get_type_hints(each)["return"])
            for name, each in vars(module).items()
            if inspect.isfunction(each) and each.__module__ == module.__name__ and not name.startswith("_")
        ]
        if len(makers) != 1:
            msg = f"{module.__name__} has {len(makers)} public functions; a view's file has one"
            raise Defect(msg)
        maker, frame = makers[0]
        found[frame] = maker
    return MappingProxyType(found)  # pyright: ignore[reportReturnType]
