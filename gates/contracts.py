"""Contract types for import-linter that hold while the house is still being built.

The built-in types refuse a module that does not exist yet. These leave it out, so that a contract is written once,
complete, and bites by itself on the day the room appears. `tests/gates` proves that each one breaks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from importlinter import Contract, ContractCheck, fields, output
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.protected import ProtectedContract

if TYPE_CHECKING:
    from grimp import ImportGraph
    from importlinter.domain.imports import ModuleExpression


def _built(graph: ImportGraph, expressions: Any) -> list[ModuleExpression]:  # noqa: ANN401  import-linter's fields are untyped
    """The expressions whose module exists, or which are not ours to build."""
    named = cast("list[ModuleExpression]", expressions)
    roots = {name.partition(".")[0] for name in graph.modules if not graph.is_module_squashed(name)}
    return [
        expression
        for expression in named
        if expression.expression in graph.modules or expression.expression.partition(".")[0] not in roots
    ]


class Barred(ForbiddenContract):
    """`forbidden`, without the rooms that do not exist yet."""

    type_name = "barred"

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: FBT001  the base class's signature
        """Check what exists."""
        self.source_modules = _built(graph, self.source_modules)
        self.forbidden_modules = _built(graph, self.forbidden_modules)
        return super().check(graph, verbose)


class Guarded(ProtectedContract):
    """`protected`, without the rooms that do not exist yet."""

    type_name = "guarded"

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: FBT001  the base class's signature
        """Check what exists."""
        self.protected_modules = _built(graph, self.protected_modules)
        self.allowed_importers = _built(graph, self.allowed_importers)
        return super().check(graph, verbose)


class Siblings(Contract):
    """The children of each container import nothing of each other, directly or by a detour.

    Options:
        containers: the packages whose children are kept apart.
        shared: children that the others may import, by their last name.
        packages_only: leave plain modules alone, because they are what the packages share.
    """

    type_name = "siblings"

    containers = fields.ListField(subfield=fields.StringField())
    shared = fields.SetField(subfield=fields.StringField(), required=False)
    packages_only = fields.BooleanField(required=False, default=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002, FBT001  the base class's signature
        """Look for one import chain between any two children."""
        chains: list[list[str]] = []
        for container in cast("list[str]", self.containers):
            children = self._children(graph, container)
            if len(children) < 2:
                continue
            dependencies = graph.find_illegal_dependencies_for_layers(layers=(set(children),))
            for dependency in sorted(dependencies, key=lambda dependency: (dependency.importer, dependency.imported)):
                route = min(dependency.routes, key=lambda route: len(route.middle))
                chains.append([min(route.heads), *route.middle, min(route.tails)])
        return ContractCheck(kept=not chains, metadata={"chains": chains})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """One line a chain."""
        for chain in cast("list[list[str]]", check.metadata["chains"]):
            output.print_error("- " + " -> ".join(chain), bold=False)

    def _children(self, graph: ImportGraph, container: str) -> list[str]:
        if container not in graph.modules:
            return []
        shared = cast("set[str]", self.shared or set())
        return [
            child
            for child in sorted(graph.find_children(container))
            if child.rpartition(".")[2] not in shared and (not self.packages_only or graph.find_children(child))
        ]
