"""A folder is the registry: what stands in it is found, there is no list to edit."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType


def modules_in(package: ModuleType) -> Iterator[ModuleType]:
    """Every public leaf module below a package, imported, in name order.

    A module whose name starts with an underscore is not a member.
    """
    for found in sorted(pkgutil.walk_packages(package.__path__, package.__name__ + "."), key=lambda each: each.name):
        if not found.ispkg and not found.name.rpartition(".")[2].startswith("_"):
            yield importlib.import_module(found.name)
