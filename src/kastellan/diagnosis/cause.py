"""What a cause declares, and the causes that exist."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from types import ModuleType

import msgspec

import kastellan.diagnosis.causes
from kastellan.kernel.errors import Defect
from kastellan.kernel.folder import modules_in
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
    tames: tuple[str, ...] = ()
    references: tuple[str, ...] = ()


class Reasoning(msgspec.Struct, frozen=True):
    """A cause's declaration, its function and the operator's text about it."""

    cause: Cause
    find: Callable[..., Iterable[CauseFound]]
    about: str


def reasoning_of(module: ModuleType) -> Reasoning:
    """The cause that a module declares: its `CAUSE`, its `find` and its docstring."""
    cause: object = getattr(module, "CAUSE", None)
    find: Callable[..., Iterable[CauseFound]] | None = getattr(module, "find", None)
    if not isinstance(cause, Cause) or not callable(find) or not module.__doc__:
        msg = f"{module.__name__} needs a docstring, CAUSE and find to be a cause"
        raise Defect(msg)
    return Reasoning(cause, find, module.__doc__.strip())


@cache
def all_causes() -> dict[str, Reasoning]:
    """Every cause by id, those first that speak first."""
    found = sorted(map(reasoning_of, modules_in(kastellan.diagnosis.causes)), key=lambda each: each.cause.rank)
    return {each.cause.id: each for each in found}
