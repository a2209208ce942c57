"""A folder is the registry: what stands in it is found, there is no list to edit."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType


def module_names_in(package: ModuleType) -> list[str]:
    """The dotted names of the public leaf modules below a package, sorted; only the packages on the way are imported.

    A module whose name starts with an underscore is not a member.
    """
    modules = pkgutil.walk_packages(package.__path__, package.__name__ + ".")
    return sorted(module.name for module in modules if not module.ispkg and not module.name.rpartition(".")[2].startswith("_"))


def modules_in(package: ModuleType) -> Iterator[ModuleType]:
    """Every public leaf module below a package, imported, in name order."""
    return map(importlib.import_module, module_names_in(package))
