"""What a cause declares, and the causes that exist."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, cast

import msgspec

import kastellan.diagnosis.causes
from kastellan.kernel.declaration import read_declaration
from kastellan.kernel.errors import Defect
from kastellan.kernel.folder import module_names_in, modules_in

if TYPE_CHECKING:
    # It brings polars along, which `kastellan explain` does without.
    from kastellan.model.diagnosis import CauseFound


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """The declaration of one cause.

    `rank` says who speaks first where two causes claim a finding: the lower one. `tames` names the checks whose
    findings are no alarm while an expected cause explains them: what only says that one failure more would hurt.
    """

    id: str
    title: str
    rank: int
    do: str
    do_not: str
    verify: str
    undo: str = ""
    downgrades: tuple[str, ...] = ()
    references: tuple[str, ...] = ()


class RegisteredCause(msgspec.Struct, frozen=True):
    """A cause's declaration, its function and the operator's text about it."""

    cause: Cause
    find: Callable[..., Iterable[CauseFound]]
    about: str


def registered_cause(module: ModuleType) -> RegisteredCause:
    """The cause that a module declares: its `CAUSE`, its `find` and its docstring."""
    cause: object = getattr(module, "CAUSE", None)
    find: Callable[..., Iterable[CauseFound]] | None = getattr(module, "find", None)
    if not isinstance(cause, Cause) or not callable(find) or not module.__doc__:
        msg = f"{module.__name__} needs a docstring, CAUSE and find to be a cause"
        raise Defect(msg)
    return RegisteredCause(cause, find, module.__doc__.strip())


@cache
def all_causes() -> dict[str, RegisteredCause]:
    """Every cause by id, those first that speak first."""
    causes = sorted(map(registered_cause, modules_in(kastellan.diagnosis.causes)), key=lambda cause: cause.cause.rank)
    return {cause.cause.id: cause for cause in causes}


@cache
def cause_ids() -> tuple[str, ...]:
    """The ids of all causes, sorted, without loading them."""
    return tuple(module.rpartition(".")[2] for module in module_names_in(kastellan.diagnosis.causes))


def read_cause(cause_id: str) -> tuple[Cause, str]:
    """The declaration of a cause and the operator's text about it, without loading its module."""
    declaration = read_declaration(f"{kastellan.diagnosis.causes.__name__}.{cause_id}", "CAUSE")
    return cast("Cause", declaration.value), declaration.about
