"""The checks that exist: read from the family folders, there is no list to edit."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import ModuleType

import msgspec

import kastellan.checks
from kastellan.checks.check import Check, Judged
from kastellan.kernel.errors import BadInput, Defect
from kastellan.kernel.folder import modules_in

_FAMILY_DEPTH = 4  # kastellan.checks.<family>.<name>


class Judgement(msgspec.Struct, frozen=True):
    """A check's declaration, its function and the operator's text about it."""

    check: Check
    judge: Callable[..., Judged]
    about: str


def judgement_of(module: ModuleType) -> Judgement:
    """The check that a module declares: its `CHECK`, its `judge` and its docstring."""
    check: object = getattr(module, "CHECK", None)
    judge: Callable[..., Judged] | None = getattr(module, "judge", None)
    if not isinstance(check, Check) or not callable(judge) or not module.__doc__:
        msg = f"{module.__name__} needs a docstring, CHECK and judge to be a check"
        raise Defect(msg)
    return Judgement(check, judge, module.__doc__.strip())


@cache
def all_checks() -> dict[str, Judgement]:
    """Every check by id."""
    found = (judgement_of(each) for each in modules_in(kastellan.checks) if each.__name__.count(".") == _FAMILY_DEPTH - 1)
    return {each.check.id: each for each in found}


def chosen(only: tuple[str, ...] = (), skip: tuple[str, ...] = ()) -> dict[str, Judgement]:
    """The checks that `only` and `skip` leave; each names a check or a family, and one that matches nothing is refused."""
    known = all_checks()
    for each in (*only, *skip):
        if each not in known and not any(check.check.family == each for check in known.values()):
            families = ", ".join(sorted({check.check.family for check in known.values()}))
            msg = f"no check or family is called {each!r}; families are {families}, and `kastellan explain` lists the checks"
            raise BadInput(msg)

    def named(judgement: Judgement, names: tuple[str, ...]) -> bool:
        return judgement.check.id in names or judgement.check.family in names

    return {name: each for name, each in known.items() if (not only or named(each, only)) and not named(each, skip)}
