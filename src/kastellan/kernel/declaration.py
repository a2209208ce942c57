"""Reads what a module declares without running it.

A check's module imports polars and the views that it needs, a fifth of a second; its declaration is a call with constants.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
from pathlib import Path
from typing import NamedTuple

from kastellan.kernel.errors import Defect


class Declaration(NamedTuple):
    """A declared value, and the docstring of its module."""

    value: object
    about: str


class Imported(NamedTuple):
    """Stands for what a declaration names and whose module is not to be loaded."""

    module: str
    name: str


def read_declaration(module: str, name: str, unloaded: str = "") -> Declaration:
    """The value that `module` assigns to `name`, evaluated by itself.

    The names in it are constants of the same module or imported by `from ... import`; only the modules of those that the value
    uses are loaded. What is imported from a module below the package `unloaded` becomes an Imported. Raises Defect where the
    module has no such name, or no docstring.
    """
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        msg = f"there is no module {module}"
        raise Defect(msg)
    tree = ast.parse(Path(spec.origin).read_bytes(), spec.origin)
    about = ast.get_docstring(tree)
    if not about:
        msg = f"{module} needs a docstring"
        raise Defect(msg)
    return Declaration(_Reader(tree, module, unloaded).value(name), about.strip())


class _Reader(NamedTuple):
    tree: ast.Module
    module: str
    unloaded: str

    def value(self, name: str) -> object:
        """What the module binds to the name."""
        for node in self.tree.body:
            match node:
                case ast.ImportFrom(module=str(source), names=names) if any(
                    (alias.asname or alias.name) == name for alias in names
                ):
                    original = next(alias.name for alias in names if (alias.asname or alias.name) == name)
                    if self.unloaded and source.startswith(f"{self.unloaded}."):
                        return Imported(source, original)
                    return getattr(importlib.import_module(source), original)
                case ast.Assign(targets=[ast.Name(id=target)], value=expression) if target == name:
                    return self._evaluate(expression)
                case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as expression) if target == name:
                    return self._evaluate(expression)
                case _:
                    pass
        msg = f"{self.module} needs {name}, as a constant or an import"
        raise Defect(msg)

    def _evaluate(self, expression: ast.expr) -> object:
        names = {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)}
        scope = {used: self.value(used) for used in names}
        # Our own source, which an import would run as well.
        return eval(compile(ast.Expression(expression), self.module, "eval"), scope)  # noqa: S307
